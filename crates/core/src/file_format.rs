//! Input formats: the requested format and the format that the planner chose for a file.

use serde::{Deserialize, Serialize};

use crate::dialect::Dialect;

/// Input format as the user requests it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum InputFormat {
    /// The extension decides, without that of a compression such as `.gz`. The known extensions are `.csv`, `.tsv`, `.ndjson`,
    /// `.jsonl` and `.parquet`; every other file is text.
    #[default]
    Auto,
    /// Lines of text.
    Text,
    /// A table with a header and comma-separated cells.
    Csv,
    /// A table with a header and tab-separated cells.
    Tsv,
    /// One JSON value per line.
    Ndjson,
    /// One key and value per line, separated by a tab.
    KeyValue,
    /// The whole file is one record.
    Whole,
    /// Parquet.
    Parquet,
}

impl InputFormat {
    /// Returns the default delimiter between cells, or between key and value.
    pub fn delimiter(self) -> u8 {
        match self {
            Self::Csv => b',',
            _ => b'\t',
        }
    }
}

/// Format of an input file as the planner chose it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    /// A record is a line.
    Text,
    /// A record is the cell of one column of a comma-separated table.
    Csv {
        /// Index of the column, from 0.
        column: u32,
        /// Name of the column. The planner always sets it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        name: String,
        /// Number of cells in the header.
        width: u32,
    },
    /// A record consists of the cells of these columns, in this order.
    Table {
        /// Delimiter between cells, an ASCII character.
        delimiter: u8,
        /// Columns to read, at least one.
        columns: Vec<Column>,
        /// Number of cells in the header.
        width: u32,
        /// Quotes, escapes, comments and null texts.
        #[serde(default, skip_serializing_if = "Dialect::is_default")]
        dialect: Dialect,
    },
    /// Each line is a JSON value. A record consists of the values of these JSON pointers, or is the whole line if the
    /// list is empty.
    Ndjson {
        /// JSON pointers as defined by RFC 6901, such as `/user/lang`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pointers: Vec<String>,
    },
    /// A record is a line. Its two fields are the text before and after the first delimiter.
    KeyValue {
        /// Delimiter, an ASCII character.
        delimiter: u8,
        /// Requested fields in order, named [`FileFormat::KEY`] and [`FileFormat::VALUE`]. Empty means both.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        columns: Vec<Column>,
    },
    /// The whole file is one record.
    Whole,
    /// A record is a row with these columns, in this order.
    Parquet {
        /// Columns to read, at least one.
        columns: Vec<Column>,
    },
}

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Index in the file, from 0.
    pub index: u32,
    /// Name in the header or the schema.
    pub name: String,
}

impl FileFormat {
    /// Name of the first field of [`FileFormat::KeyValue`].
    pub const KEY: &str = "key";
    /// Name of the second field of [`FileFormat::KeyValue`].
    pub const VALUE: &str = "value";

    /// Returns the field names of a record in order. For JSON these are the pointers. The list is empty if records have
    /// no fields.
    pub fn columns(&self) -> Vec<String> {
        let names = |columns: &[Column]| columns.iter().map(|c| c.name.clone()).collect();
        match self {
            Self::Text | Self::Whole => Vec::new(),
            Self::Csv { name, .. } => vec![name.clone()],
            Self::KeyValue { columns, .. } if columns.is_empty() => {
                vec![Self::KEY.to_owned(), Self::VALUE.to_owned()]
            }
            Self::Table { columns, .. }
            | Self::KeyValue { columns, .. }
            | Self::Parquet { columns } => names(columns),
            Self::Ndjson { pointers } => pointers.clone(),
        }
    }

    /// Keeps only the columns that `is_needed` accepts by their name, if the reader can skip the others.
    pub fn retain_columns(&mut self, is_needed: impl Fn(&str) -> bool) {
        match self {
            Self::Table { columns, .. } | Self::Parquet { columns } => {
                let needed = columns.iter().filter(|column| is_needed(&column.name));
                let needed: Vec<_> = needed.cloned().collect();
                // A reader needs a column to find records.
                if !needed.is_empty() {
                    *columns = needed;
                }
            }
            Self::Ndjson { pointers } => {
                let needed = pointers.iter().filter(|pointer| is_needed(pointer));
                let needed: Vec<_> = needed.cloned().collect();
                if !needed.is_empty() {
                    *pointers = needed;
                }
            }
            Self::Text | Self::Csv { .. } | Self::KeyValue { .. } | Self::Whole => {}
        }
    }

    /// Returns `true` if each record lies in one line.
    pub fn is_line_based(&self) -> bool {
        matches!(
            self,
            Self::Text | Self::Ndjson { .. } | Self::KeyValue { .. }
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_serialized_as_short_json_and_read_back() {
        let column = |index, name: &str| Column {
            index,
            name: name.into(),
        };
        let columns = vec![column(3, "b"), column(0, "a")];
        let delimiter = b'\t';
        for (format, json, names) in [
            (FileFormat::Text, r#""text""#, &[][..]),
            (FileFormat::Whole, r#""whole""#, &[]),
            (
                FileFormat::Csv {
                    column: 1,
                    name: "b".into(),
                    width: 2,
                },
                r#"{"csv":{"column":1,"name":"b","width":2}}"#,
                &["b"],
            ),
            (
                FileFormat::Ndjson {
                    pointers: vec!["/a".into()],
                },
                r#"{"ndjson":{"pointers":["/a"]}}"#,
                &["/a"],
            ),
            (
                FileFormat::KeyValue {
                    delimiter,
                    columns: vec![],
                },
                r#"{"keyvalue":{"delimiter":9}}"#,
                &["key", "value"],
            ),
            (
                FileFormat::Parquet { columns },
                r#"{"parquet":{"columns":[{"index":3,"name":"b"},{"index":0,"name":"a"}]}}"#,
                &["b", "a"],
            ),
        ] {
            assert_eq!(serde_json::to_string(&format).unwrap(), json);
            assert_eq!(serde_json::from_str::<FileFormat>(json).unwrap(), format);
            assert_eq!(format.columns(), names);
        }
    }

    #[test]
    fn only_a_table_in_another_dialect_has_the_dialect_in_its_json() {
        let comments = Dialect {
            comment: Some(b'#'),
            ..Dialect::default()
        };
        for (dialect, more) in [
            (Dialect::default(), ""),
            (comments, r#","dialect":{"comment":35}"#),
        ] {
            let column = Column {
                index: 1,
                name: "b".into(),
            };
            let format = FileFormat::Table {
                delimiter: b';',
                columns: vec![column],
                width: 2,
                dialect,
            };
            let start = r#"{"table":{"delimiter":59,"columns":[{"index":1,"name":"b"}],"width":2"#;
            let json = format!("{start}{more}}}}}");
            assert_eq!(serde_json::to_string(&format).unwrap(), json);
            assert_eq!(serde_json::from_str::<FileFormat>(&json).unwrap(), format);
        }
    }
}

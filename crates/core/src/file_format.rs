//! How a file's bytes become records: as it is asked for, and as it is planned.

use serde::{Deserialize, Serialize};

/// How the records of the input are laid out, as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// By the file's name without `.gz`, `.zst` or `.bz2`: `.csv`, `.tsv`, `.ndjson`, `.jsonl` and `.parquet`
    /// are what they say, anything else is text.
    #[default]
    Auto,
    /// Lines of text.
    Text,
    /// A table with a header, its cells between commas.
    Csv,
    /// A table with a header, its cells between tabs.
    Tsv,
    /// A JSON value in each line.
    Ndjson,
    /// A key and a value in each line, a tab between them.
    KeyValue,
    /// The whole file is one record.
    Whole,
    /// Parquet.
    Parquet,
}

impl Format {
    /// What stands between the cells of a line, or between key and value, unless something else is asked for.
    pub fn delimiter(self) -> u8 {
        match self {
            Self::Csv => b',',
            _ => b'\t',
        }
    }
}

/// How a file's bytes become records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    /// A record is a line.
    Text,
    /// A record is the cell of one column; commas are between cells.
    Csv {
        /// Place of the column, from 0.
        column: u32,
        /// Its name; the planner always gives it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        name: String,
        /// Number of cells in the header.
        width: u32,
    },
    /// A record is the cells of these columns, in this order.
    Table {
        /// What is between cells, one byte of ASCII.
        delimiter: u8,
        /// At least one.
        columns: Vec<Column>,
        /// Number of cells in the header.
        width: u32,
    },
    /// A line is JSON; a record is what these JSON pointers lead to, or the line if there are none.
    Ndjson {
        /// As RFC 6901 writes them: `/user/lang`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pointers: Vec<String>,
    },
    /// A record is a line; its fields are what is before and behind the first delimiter.
    KeyValue {
        /// One byte of ASCII.
        delimiter: u8,
        /// Which fields in which order, if not both: of the names [`FileFormat::KEY`] and [`FileFormat::VALUE`].
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        columns: Vec<Column>,
    },
    /// The whole file is one record.
    Whole,
    /// A record is a row of these columns, in this order.
    Parquet {
        /// At least one.
        columns: Vec<Column>,
    },
}

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its place in the file, from 0.
    pub index: u32,
    /// Its name.
    pub name: String,
}

impl FileFormat {
    /// The name of the first field of [`FileFormat::KeyValue`].
    pub const KEY: &str = "key";
    /// The name of its second field.
    pub const VALUE: &str = "value";

    /// The names of a record's fields, in their order; for JSON, the pointers. None where a record has no fields.
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

    /// Whether a record is a line, or a part of one.
    pub fn is_lines(&self) -> bool {
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
    fn a_format_travels_in_few_bytes() {
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
}

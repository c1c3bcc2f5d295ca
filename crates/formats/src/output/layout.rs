//! Layout of rows with any kind of value.

use std::borrow::Cow;

use super::count_layout::{CountLayout, csv_cell, json_text, tsv_cell};
use mapreduce_core::OutputFormat;
use mapreduce_core::{Order, Shape, ValueKind};

/// Layout of an output: its format and the kind of its values.
///
/// | value          | `json`                                                         | `ndjson`              | `csv`, `tsv`       | `text`          |
/// |----------------|----------------------------------------------------------------|-----------------------|--------------------|-----------------|
/// | count          | `{"key": 3}`                                                   | `{"key":…,"count":3}` | `key,count`        | key, tab, 3     |
/// | text or number | `{"key": value}`; if keys repeat, `[{"key": …, "value": …}]`   | `{"key":…,"value":…}` | `key,value`        | key, tab, value |
/// | record         | `{"key": {"sum": 3}}`                                          | `{"key":…,"sum":3}`   | one column a field | key, tab, JSON  |
/// | nothing        | `["key"]`                                                      | `{"key":…}`           | `key`              | key             |
///
/// Keys without values in the order of the reducers are lines of text. These may be rows of a table, so `csv` and `tsv`
/// write them unchanged too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowLayout {
    pub(super) format: OutputFormat,
    value: ValueKind,
    unique: bool,
}

impl RowLayout {
    /// Returns the layout for keys and counts.
    pub fn counts(format: OutputFormat) -> Self {
        Self {
            format,
            value: ValueKind::Count,
            unique: true,
        }
    }

    /// Returns the layout for the output of a job with this shape.
    pub fn new(format: OutputFormat, shape: &Shape) -> Self {
        let are_lines = shape.value == ValueKind::Nothing && shape.order == Order::Emitted;
        Self {
            format: match format {
                OutputFormat::Csv | OutputFormat::Tsv if are_lines => OutputFormat::Text,
                format => format,
            },
            value: shape.value.clone(),
            unique: shape.unique_keys,
        }
    }

    /// Returns true if the JSON output is one object.
    fn is_object(&self) -> bool {
        self.unique && self.value != ValueKind::Nothing
    }

    /// Writes the text before the first row.
    pub(super) fn begin(&self, into: &mut Vec<u8>) {
        match (&self.value, self.format) {
            (ValueKind::Count, format) => format.begin(into),
            (value, OutputFormat::Csv) => {
                into.extend_from_slice(b"key");
                let names: &[String] = match value {
                    ValueKind::Nothing => &[],
                    ValueKind::Record(names) => names,
                    _ => &["value".to_owned()],
                };
                for name in names {
                    into.push(b',');
                    csv_cell(into, name.as_bytes());
                }
                into.push(b'\n');
            }
            _ => {}
        }
    }

    /// Writes one row. For counts, `value` is the count in decimal digits.
    pub(super) fn row(&self, into: &mut Vec<u8>, key: &[u8], value: &[u8], first: bool) {
        match self.format {
            OutputFormat::Json => {
                let open: &[u8] = match (self.is_object(), first) {
                    (_, false) => b",\n  ",
                    (true, true) => b"{\n  ",
                    (false, true) => b"[\n  ",
                };
                into.extend_from_slice(open);
                if self.is_object() {
                    json_text(into, key);
                    into.extend_from_slice(b": ");
                    self.json_value(into, value);
                } else if self.value == ValueKind::Nothing {
                    json_text(into, key);
                } else {
                    into.extend_from_slice(b"{\"key\": ");
                    json_text(into, key);
                    into.extend_from_slice(b", \"value\": ");
                    self.json_value(into, value);
                    into.push(b'}');
                }
            }
            OutputFormat::Ndjson => self.ndjson(into, key, value),
            OutputFormat::Csv => {
                let start = into.len();
                csv_cell(into, key);
                self.cells(value, |cell| {
                    into.push(b',');
                    csv_cell(into, cell);
                });
                // Readers of CSV skip empty lines.
                if into.len() == start {
                    into.extend_from_slice(b"\"\"");
                }
                into.push(b'\n');
            }
            OutputFormat::Tsv => {
                tsv_cell(into, key);
                self.cells(value, |cell| {
                    into.push(b'\t');
                    tsv_cell(into, cell);
                });
                into.push(b'\n');
            }
            OutputFormat::Text => {
                into.extend_from_slice(key);
                if self.value != ValueKind::Nothing {
                    into.push(b'\t');
                    into.extend_from_slice(value);
                }
                into.push(b'\n');
            }
        }
    }

    /// Writes the text after the last row.
    pub(super) fn end(&self, into: &mut Vec<u8>, empty: bool) {
        if self.format == OutputFormat::Json {
            into.extend_from_slice(match (self.is_object(), empty) {
                (true, true) => b"{}\n",
                (true, false) => b"\n}\n",
                (false, true) => b"[]\n",
                (false, false) => b"\n]\n",
            });
        }
    }

    fn ndjson(&self, into: &mut Vec<u8>, key: &[u8], value: &[u8]) {
        into.extend_from_slice(b"{\"key\":");
        json_text(into, key);
        match &self.value {
            ValueKind::Nothing => {}
            // The fields of a record become members next to the key.
            ValueKind::Record(_) if value.len() > 2 => {
                into.push(b',');
                into.extend_from_slice(&value[1..value.len() - 1]);
            }
            ValueKind::Record(_) => {}
            kind => {
                into.extend_from_slice(match kind {
                    ValueKind::Count => b",\"count\":",
                    _ => b",\"value\":",
                });
                self.json_value(into, value);
            }
        }
        into.extend_from_slice(b"}\n");
    }

    fn json_value(&self, into: &mut Vec<u8>, value: &[u8]) {
        match self.value {
            ValueKind::Text => json_text(into, value),
            _ => into.extend_from_slice(value),
        }
    }

    fn cells(&self, value: &[u8], mut each: impl FnMut(&[u8])) {
        match &self.value {
            ValueKind::Nothing => {}
            ValueKind::Record(names) => {
                let fields: serde_json::Map<String, serde_json::Value> =
                    serde_json::from_slice(value).unwrap_or_default();
                for name in names {
                    each(&cell(fields.get(name)));
                }
            }
            _ => each(value),
        }
    }
}

/// Returns a field of a record as a cell: text unchanged, null as an empty cell.
fn cell(value: Option<&serde_json::Value>) -> Cow<'_, [u8]> {
    match value {
        None | Some(serde_json::Value::Null) => Cow::Borrowed(b""),
        Some(serde_json::Value::String(text)) => Cow::Borrowed(text.as_bytes()),
        Some(other) => Cow::Owned(other.to_string().into_bytes()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(format: OutputFormat, shape: &Shape, rows: &[(&str, &str)]) -> String {
        let layout = RowLayout::new(format, shape);
        let mut text = Vec::new();
        layout.begin(&mut text);
        for (at, (key, value)) in rows.iter().enumerate() {
            layout.row(&mut text, key.as_bytes(), value.as_bytes(), at == 0);
        }
        layout.end(&mut text, rows.is_empty());
        String::from_utf8(text).unwrap()
    }

    fn all(shape: &Shape, rows: &[(&str, &str)]) -> Vec<String> {
        let formats = OutputFormat::ALL.iter();
        formats
            .map(|(_, format)| text(*format, shape, rows))
            .collect()
    }

    #[test]
    fn repeated_keys_with_text_values_become_a_list() {
        let shape = Shape::groups(ValueKind::Text);
        assert_eq!(
            all(&shape, &[("a", "x\ty"), ("a", "")]),
            [
                "[\n  {\"key\": \"a\", \"value\": \"x\\ty\"},\n  {\"key\": \"a\", \"value\": \"\"}\n]\n",
                "{\"key\":\"a\",\"value\":\"x\\ty\"}\n{\"key\":\"a\",\"value\":\"\"}\n",
                "key,value\na,x\ty\na,\n",
                "a\tx\\ty\na\t\n",
                "a\tx\ty\na\t\n",
            ]
        );
    }

    #[test]
    fn a_record_becomes_an_object_or_columns() {
        let names = vec!["n".to_owned(), "who, what".to_owned()];
        let shape = Shape {
            unique_keys: true,
            ..Shape::groups(ValueKind::Record(names))
        };
        assert_eq!(
            all(
                &shape,
                &[
                    ("a", "{\"n\":1,\"who, what\":\"x,y\"}"),
                    ("b", "{\"n\":null}")
                ]
            ),
            [
                "{\n  \"a\": {\"n\":1,\"who, what\":\"x,y\"},\n  \"b\": {\"n\":null}\n}\n",
                "{\"key\":\"a\",\"n\":1,\"who, what\":\"x,y\"}\n{\"key\":\"b\",\"n\":null}\n",
                "key,n,\"who, what\"\na,1,\"x,y\"\nb,,\n",
                "a\t1\tx,y\nb\t\t\n",
                "a\t{\"n\":1,\"who, what\":\"x,y\"}\nb\t{\"n\":null}\n",
            ]
        );
    }

    #[test]
    fn lines_stay_unchanged_in_csv_and_tsv() {
        let shape = Shape {
            order: Order::Emitted,
            ..Shape::groups(ValueKind::Nothing)
        };
        for format in [OutputFormat::Csv, OutputFormat::Tsv, OutputFormat::Text] {
            let rows = [("a,\"b\"\t1\\", ""), ("c", "")];
            assert_eq!(text(format, &shape, &rows), "a,\"b\"\t1\\\nc\n");
        }
    }

    #[test]
    fn an_empty_key_without_a_value_is_a_record_in_csv() {
        let shape = Shape::groups(ValueKind::Nothing);
        let rows = [("", ""), ("a", ""), ("", "")];
        let written = text(OutputFormat::Csv, &shape, &rows);
        assert_eq!(written, "key\n\"\"\na\n\"\"\n");
        let mut reader = ::csv::Reader::from_reader(written.as_bytes());
        let read: Vec<_> = reader
            .records()
            .map(|row| row.unwrap()[0].to_owned())
            .collect();
        assert_eq!(read, ["", "a", ""]);
        let shape = Shape::groups(ValueKind::Record(Vec::new()));
        assert_eq!(
            text(OutputFormat::Csv, &shape, &[("", "{}")]),
            "key\n\"\"\n"
        );
    }

    #[test]
    fn keys_without_values_are_lines() {
        let shape = Shape::groups(ValueKind::Nothing);
        assert_eq!(
            all(&shape, &[("a \"b\"", ""), ("c", "")]),
            [
                "[\n  \"a \\\"b\\\"\",\n  \"c\"\n]\n",
                "{\"key\":\"a \\\"b\\\"\"}\n{\"key\":\"c\"}\n",
                "key\n\"a \"\"b\"\"\"\nc\n",
                "a \"b\"\nc\n",
                "a \"b\"\nc\n",
            ]
        );
        assert_eq!(text(OutputFormat::Json, &shape, &[]), "[]\n");
        let object = Shape {
            unique_keys: true,
            ..Shape::groups(ValueKind::Number)
        };
        assert_eq!(text(OutputFormat::Json, &object, &[]), "{}\n");
    }
}

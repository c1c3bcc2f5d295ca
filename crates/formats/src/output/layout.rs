//! How rows with any values are written.

use std::borrow::Cow;

use super::count_layout::{CountLayout, csv_cell, json_text, tsv_cell};
use mapreduce_core::OutputFormat;
use mapreduce_core::{Order, Shape, ValueKind};

/// The layout of a result: the format, and what the values are.
///
/// | value     | `json`                                 | `ndjson`                | `csv`, `tsv`    | `text`        |
/// |-----------|----------------------------------------|-------------------------|-----------------|---------------|
/// | a count   | `{"key": 3}`                           | `{"key":…,"count":3}`   | `key,count`     | key, tab, 3   |
/// | text, …   | `{"key": value}`, or if keys repeat `[{"key": …, "value": …}]` | `{"key":…,"value":…}` | `key,value` | key, tab, value |
/// | a record  | `{"key": {"sum": 3}}`                  | `{"key":…,"sum":3}`     | a column each   | key, tab, JSON |
/// | nothing   | `["key"]`                              | `{"key":…}`             | `key`           | key           |
///
/// Keys alone that stay in the order in which reducers emit them are lines, which may hold a table of their own: in
/// `csv` and `tsv`, too, they are written as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowLayout {
    pub(super) format: OutputFormat,
    value: ValueKind,
    unique: bool,
}

impl RowLayout {
    /// Keys and counts.
    pub fn counts(format: OutputFormat) -> Self {
        Self {
            format,
            value: ValueKind::Count,
            unique: true,
        }
    }

    /// What a job of this shape gives.
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

    /// Whether JSON is one object.
    fn is_object(&self) -> bool {
        self.unique && self.value != ValueKind::Nothing
    }

    /// What comes before the first row.
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

    /// A row; `value` is a count in digits where the values are counts.
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
                // An empty line is no record to those who read CSV.
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

    /// What comes behind the last row.
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
            // The fields of a record stand beside the key.
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

/// A field of a record as a cell: texts as they are, null as nothing.
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
    fn texts_and_keys_that_repeat_make_a_list() {
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
    fn a_record_is_an_object_or_columns() {
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
    fn lines_stay_as_they_are_in_tables_too() {
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
    fn an_empty_key_alone_is_a_record_of_csv() {
        let shape = Shape::groups(ValueKind::Nothing);
        let rows = [("", ""), ("a", ""), ("", "")];
        let told = text(OutputFormat::Csv, &shape, &rows);
        assert_eq!(told, "key\n\"\"\na\n\"\"\n");
        let mut reader = csv::Reader::from_reader(told.as_bytes());
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
    fn keys_alone_are_lines() {
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

//! Layout of the rows of a result.

use mapreduce_core::{CellType, Cells, OutputFormat, ResultColumn, Shape, ValueKind};

use super::cell_text::{delimited_cell, digits, json_cell, json_text};

/// Layout of a result: its format and its columns.
///
/// | rows                  | `json`              | `ndjson`             | `csv`, `tsv`               | `txt`                     |
/// |-----------------------|---------------------|----------------------|----------------------------|---------------------------|
/// | of a table            | `[{"a": 1, "b": …}]` | `{"a":1,"b":…}`     | a header, then a cell for each column | cells separated by tabs |
/// | keys and values       | `[{"key": …, "value": …}]`; `{"a": 1}` with [`Shape::json_object`] | `{"key":…,"value":…}` | the same | the same |
/// | keys                  | `["a"]`             | `{"key":"a"}`        | the same                   | the same                  |
/// | lines                 | `["a"]`             | `{"key":"a"}`        | the line                   | the line                  |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowLayout {
    format: OutputFormat,
    rows: RowKind,
    columns: Vec<LayoutColumn>,
    /// True if CSV and TSV start with the names of the columns.
    has_header: bool,
    /// True if JSON is one object, from keys to values.
    json_object: bool,
    /// True if the rows are those of a part file.
    is_part: bool,
}

/// Kind of the rows, which decides how they are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RowKind {
    KeyAndValue,
    Key,
    Line,
    Table,
}

/// Column of a layout.
#[derive(Debug, Clone, PartialEq, Eq)]
struct LayoutColumn {
    /// Name as it is.
    name: String,
    /// Name that no other column has.
    distinct_name: String,
    /// Distinct name as the key of a JSON object, with the colon.
    json_name: Vec<u8>,
    cell_type: CellType,
}

impl RowLayout {
    /// Returns the layout of the output of a job with this shape. `has_header` matters for CSV and TSV only.
    pub fn new(format: OutputFormat, has_header: bool, shape: &Shape) -> Self {
        let schema = shape.schema();
        let colon: &[u8] = match format {
            OutputFormat::Json => b": ",
            _ => b":",
        };
        let names = schema.distinct_names();
        let columns = schema
            .columns()
            .iter()
            .zip(names)
            .map(|(column, distinct)| {
                let mut json_name = Vec::new();
                json_text(&mut json_name, distinct.as_bytes());
                json_name.extend_from_slice(colon);
                LayoutColumn {
                    name: column.name.clone(),
                    distinct_name: distinct,
                    json_name,
                    cell_type: column.cell_type,
                }
            });
        Self {
            format,
            rows: match shape.value {
                ValueKind::Count | ValueKind::Text | ValueKind::Number | ValueKind::Json => {
                    RowKind::KeyAndValue
                }
                ValueKind::Nothing => RowKind::Key,
                ValueKind::Line => RowKind::Line,
                ValueKind::Table(_) => RowKind::Table,
            },
            columns: columns.collect(),
            has_header,
            json_object: shape.json_object,
            is_part: false,
        }
    }

    /// Returns the layout of a part file, whose types must not depend on its rows.
    #[must_use]
    pub fn of_part(self) -> Self {
        Self {
            is_part: true,
            ..self
        }
    }

    pub(super) fn format(&self) -> OutputFormat {
        self.format
    }

    /// Returns true if rows are text, so that the text of a result consists of that of its rows.
    pub fn has_text(&self) -> bool {
        self.format != OutputFormat::Parquet
    }

    pub(super) fn is_part(&self) -> bool {
        self.is_part
    }

    pub(super) fn is_table(&self) -> bool {
        self.rows == RowKind::Table
    }

    /// Returns the columns of a Parquet file. Their names are distinct.
    pub(super) fn parquet_columns(&self) -> Vec<ResultColumn> {
        let columns = self.columns.iter().map(|column| ResultColumn {
            name: column.distinct_name.clone(),
            cell_type: column.cell_type,
        });
        columns.collect()
    }

    /// Returns true if the JSON output is one object.
    fn is_object(&self) -> bool {
        self.json_object && self.rows == RowKind::KeyAndValue
    }

    /// Writes the text before the first row.
    pub(super) fn begin(&self, into: &mut Vec<u8>) {
        if !self.has_header || self.rows == RowKind::Line {
            return;
        }
        if let Some(delimiter) = self.format.delimiter() {
            let names = self
                .columns
                .iter()
                .map(|column| Some(column.name.as_bytes()));
            delimited(into, names, delimiter);
        }
    }

    /// Writes a row with a count.
    #[inline]
    pub(super) fn count(&self, into: &mut Vec<u8>, key: &[u8], count: u64, first: bool) {
        if self.format == OutputFormat::Json && self.is_object() {
            self.separate(into, first);
            json_text(into, key);
            into.extend_from_slice(b": ");
            return digits(into, count);
        }
        let mut text = Vec::with_capacity(20);
        digits(&mut text, count);
        self.cells(into, [Some(key), Some(&text)].into_iter(), first);
    }

    /// Writes one row. In a table, the cells are in `value`.
    pub(super) fn row(&self, into: &mut Vec<u8>, key: &[u8], value: &[u8], first: bool) {
        match self.rows {
            RowKind::KeyAndValue if self.format == OutputFormat::Json && self.is_object() => {
                self.separate(into, first);
                json_text(into, key);
                into.extend_from_slice(b": ");
                json_cell(into, self.columns[1].cell_type, Some(value));
            }
            RowKind::KeyAndValue => {
                self.cells(into, [Some(key), Some(value)].into_iter(), first);
            }
            RowKind::Key | RowKind::Line if self.format == OutputFormat::Json => {
                self.separate(into, first);
                json_text(into, key);
            }
            RowKind::Line if self.format != OutputFormat::Ndjson => {
                into.extend_from_slice(key);
                into.push(b'\n');
            }
            RowKind::Key | RowKind::Line => self.cells(into, [Some(key)].into_iter(), first),
            RowKind::Table => {
                let missing = std::iter::repeat(None);
                let cells = Cells::of(value).chain(missing).take(self.columns.len());
                self.cells(into, cells, first);
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

    /// Writes what stands before a row of JSON.
    #[inline]
    fn separate(&self, into: &mut Vec<u8>, first: bool) {
        into.extend_from_slice(match (first, self.is_object()) {
            (false, _) => b",\n  ",
            (true, true) => b"{\n  ",
            (true, false) => b"[\n  ",
        });
    }

    /// Writes a row from its cells, one for each column.
    #[inline]
    fn cells<'a>(
        &self,
        into: &mut Vec<u8>,
        cells: impl Iterator<Item = Option<&'a [u8]>>,
        first: bool,
    ) {
        match self.format {
            OutputFormat::Json => {
                self.separate(into, first);
                self.object(into, cells, b", ");
            }
            OutputFormat::Ndjson => {
                self.object(into, cells, b",");
                into.push(b'\n');
            }
            OutputFormat::Csv => delimited(into, cells, b','),
            OutputFormat::Tsv => delimited(into, cells, b'\t'),
            // `RowWriter` writes Parquet without text.
            OutputFormat::Parquet => {}
            OutputFormat::Text => {
                for (nth, cell) in cells.enumerate() {
                    if nth > 0 {
                        into.push(b'\t');
                    }
                    into.extend_from_slice(cell.unwrap_or_default());
                }
                into.push(b'\n');
            }
        }
    }

    /// Writes a JSON object from the cells of a row.
    fn object<'a>(
        &self,
        into: &mut Vec<u8>,
        cells: impl Iterator<Item = Option<&'a [u8]>>,
        comma: &[u8],
    ) {
        into.push(b'{');
        for (nth, (column, cell)) in self.columns.iter().zip(cells).enumerate() {
            if nth > 0 {
                into.extend_from_slice(comma);
            }
            into.extend_from_slice(&column.json_name);
            json_cell(into, column.cell_type, cell);
        }
        into.push(b'}');
    }
}

/// Appends a line of CSV or TSV. A missing cell is empty.
#[inline]
fn delimited<'a>(into: &mut Vec<u8>, cells: impl Iterator<Item = Option<&'a [u8]>>, delimiter: u8) {
    let start = into.len();
    for (nth, cell) in cells.enumerate() {
        if nth > 0 {
            into.push(delimiter);
        }
        delimited_cell(into, cell.unwrap_or_default(), delimiter);
    }
    // Readers skip empty lines.
    if into.len() == start {
        into.extend_from_slice(b"\"\"");
    }
    into.push(b'\n');
}

#[cfg(test)]
mod tests {
    use mapreduce_core::{Schema, put_cell};
    use proptest::prelude::*;

    use super::*;

    fn text(layout: &RowLayout, rows: &[(&[u8], Vec<u8>)]) -> Vec<u8> {
        let mut text = Vec::new();
        layout.begin(&mut text);
        for (at, (key, value)) in rows.iter().enumerate() {
            layout.row(&mut text, key, value, at == 0);
        }
        layout.end(&mut text, rows.is_empty());
        text
    }

    /// Returns the result with rows of keys and values in all formats.
    fn all(shape: &Shape, rows: &[(&str, &str)]) -> Vec<String> {
        let rows: Vec<_> = rows
            .iter()
            .map(|(key, value)| (key.as_bytes(), value.as_bytes().to_vec()))
            .collect();
        let formats = OutputFormat::ALL[..5].iter();
        let texts = formats.map(|(_, format)| text(&RowLayout::new(*format, true, shape), &rows));
        texts.map(|text| String::from_utf8(text).unwrap()).collect()
    }

    fn row(cells: &[Option<&str>]) -> (&'static [u8], Vec<u8>) {
        let mut row = Vec::new();
        for cell in cells {
            put_cell(&mut row, cell.map(str::as_bytes));
        }
        (b"key", row)
    }

    /// Returns the result with counts in all formats.
    fn counts(shape: &Shape, rows: &[(&str, u64)]) -> Vec<String> {
        let formats = OutputFormat::ALL[..5].iter().map(|(_, format)| {
            let layout = RowLayout::new(*format, true, shape);
            let mut text = Vec::new();
            layout.begin(&mut text);
            for (at, (key, count)) in rows.iter().enumerate() {
                layout.count(&mut text, key.as_bytes(), *count, at == 0);
            }
            layout.end(&mut text, rows.is_empty());
            String::from_utf8(text).unwrap()
        });
        formats.collect()
    }

    #[test]
    fn counts_are_one_json_object_or_a_table() {
        let rows = [("a\"\\\n\u{1f}é", 12), ("b", 9)];
        assert_eq!(
            counts(&Shape::sum(), &rows),
            [
                "{\n  \"a\\\"\\\\\\n\\u001fé\": 12,\n  \"b\": 9\n}\n",
                "{\"key\":\"a\\\"\\\\\\n\\u001fé\",\"count\":12}\n{\"key\":\"b\",\"count\":9}\n",
                "key,count\n\"a\"\"\\\n\u{1f}é\",12\nb,9\n",
                "key\tcount\n\"a\"\"\\\n\u{1f}é\"\t12\nb\t9\n",
                "a\"\\\n\u{1f}é\t12\nb\t9\n",
            ]
        );
        let empty = ["{}\n", "", "key,count\n", "key\tcount\n", ""];
        assert_eq!(counts(&Shape::sum(), &[]), empty);
        let table = Shape {
            key_name: "word".into(),
            json_object: false,
            ..Shape::sum()
        };
        assert_eq!(
            counts(&table, &[("a", 3), ("b", 1)])[..3],
            [
                "[\n  {\"word\": \"a\", \"count\": 3},\n  {\"word\": \"b\", \"count\": 1}\n]\n",
                "{\"word\":\"a\",\"count\":3}\n{\"word\":\"b\",\"count\":1}\n",
                "word,count\na,3\nb,1\n",
            ]
        );
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
                "key\tvalue\na\t\"x\ty\"\na\t\n",
                "a\tx\ty\na\t\n",
            ]
        );
    }

    #[test]
    fn cells_of_a_table_have_json_types_and_keep_their_text() {
        let types = [
            ("t", CellType::Text),
            ("who, what", CellType::Number),
            ("t", CellType::Json),
            ("b", CellType::Boolean),
        ];
        let shape = Shape::table(Schema::new(types));
        let rows = [
            row(&[Some("x,y"), Some("4.50"), Some("[1]"), Some("true")]),
            row(&[None, None, None, None]),
            row(&[Some("")]),
        ];
        let texts = OutputFormat::ALL[..5].iter().map(|(_, format)| {
            String::from_utf8(text(&RowLayout::new(*format, true, &shape), &rows)).unwrap()
        });
        assert_eq!(
            texts.collect::<Vec<_>>(),
            [
                "[\n  {\"t\": \"x,y\", \"who, what\": 4.50, \"t_2\": [1], \"b\": true},\n  \
                 {\"t\": null, \"who, what\": null, \"t_2\": null, \"b\": null},\n  \
                 {\"t\": \"\", \"who, what\": null, \"t_2\": null, \"b\": null}\n]\n",
                "{\"t\":\"x,y\",\"who, what\":4.50,\"t_2\":[1],\"b\":true}\n\
                 {\"t\":null,\"who, what\":null,\"t_2\":null,\"b\":null}\n\
                 {\"t\":\"\",\"who, what\":null,\"t_2\":null,\"b\":null}\n",
                "t,\"who, what\",t,b\n\"x,y\",4.50,[1],true\n,,,\n,,,\n",
                "t\twho, what\tt\tb\nx,y\t4.50\t[1]\ttrue\n\t\t\t\n\t\t\t\n",
                "x,y\t4.50\t[1]\ttrue\n\t\t\t\n\t\t\t\n",
            ]
        );
        let layout = RowLayout::new(OutputFormat::Csv, false, &shape);
        assert_eq!(text(&layout, &rows[1..2]), b",,,\n");
    }

    #[test]
    fn lines_stay_as_they_are_in_formats_without_objects() {
        let shape = Shape::groups(ValueKind::Line);
        let line = "a,\"b\"\t1\\";
        assert_eq!(
            all(&shape, &[(line, ""), ("c", "")]),
            [
                "[\n  \"a,\\\"b\\\"\\t1\\\\\",\n  \"c\"\n]\n",
                "{\"key\":\"a,\\\"b\\\"\\t1\\\\\"}\n{\"key\":\"c\"}\n",
                "a,\"b\"\t1\\\nc\n",
                "a,\"b\"\t1\\\nc\n",
                "a,\"b\"\t1\\\nc\n",
            ]
        );
    }

    #[test]
    fn keys_without_values_are_a_list() {
        let shape = Shape::groups(ValueKind::Nothing);
        assert_eq!(
            all(&shape, &[("a \"b\"", ""), ("", "")]),
            [
                "[\n  \"a \\\"b\\\"\",\n  \"\"\n]\n",
                "{\"key\":\"a \\\"b\\\"\"}\n{\"key\":\"\"}\n",
                "key\n\"a \"\"b\"\"\"\n\"\"\n",
                "key\n\"a \"\"b\"\"\"\n\"\"\n",
                "a \"b\"\n\n",
            ]
        );
        assert_eq!(all(&shape, &[])[0], "[]\n");
        let object = Shape {
            json_object: true,
            ..Shape::groups(ValueKind::Number)
        };
        assert_eq!(all(&object, &[("a", "1")])[0], "{\n  \"a\": 1\n}\n");
        assert_eq!(all(&object, &[])[0], "{}\n");
    }

    proptest! {
        #[test]
        fn readers_of_csv_get_the_written_bytes(
            cells in proptest::collection::vec(
                proptest::collection::vec(proptest::collection::vec(0u8.., 0..4), 1..4), 0..5,
            ),
            tabs: bool,
        ) {
            let format = if tabs { OutputFormat::Tsv } else { OutputFormat::Csv };
            let shape = Shape::table(Schema::of_text(["a", "b", "c"]));
            let mut rows = Vec::new();
            for cells in &cells {
                let mut row = Vec::new();
                cells.iter().for_each(|cell| put_cell(&mut row, Some(cell)));
                rows.push((&b""[..], row));
            }
            let text = text(&RowLayout::new(format, true, &shape), &rows);
            let mut reader = ::csv::ReaderBuilder::new();
            reader.delimiter(format.delimiter().unwrap());
            let mut reader = reader.from_reader(&text[..]);
            let read = reader.byte_records().map(|row| {
                let row = row.unwrap();
                row.iter().map(<[u8]>::to_vec).collect::<Vec<_>>()
            });
            let expected = cells.into_iter().map(|mut cells| { cells.resize(3, Vec::new()); cells });
            prop_assert_eq!(read.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        }
    }
}

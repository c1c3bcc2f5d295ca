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

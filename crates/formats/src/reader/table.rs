//! Reader for several columns of a table, or for tables with another delimiter than the comma.

use std::io::Read;
use std::ops::Range;

use super::defects::{DefectiveRecords, RecordDefect};
use super::fields::Fields;
use super::line_counter::LineCounter;
use super::window::Window;
use crate::csv::{CellRange, CellSink, Grammar, Scan, scan, scan_dialect};
use crate::read_error::ReadError;
use mapreduce_core::{Column, Dialect, Record};

/// Record reader for some columns of a table.
#[derive(Debug)]
pub(super) struct TableReader<R> {
    window: Window<R>,
    grammar: Grammar,
    is_standard: bool,
    /// Texts of unquoted cells that count as missing cells.
    nulls: Vec<Vec<u8>>,
    cells: SelectedCells,
    width: u32,
    lines: LineCounter,
    fields: Fields,
    /// True if rows without the only selected column are records too.
    keeps_incomplete: bool,
}

/// Selected cells of a record.
#[derive(Debug)]
struct SelectedCells {
    delimiter: u8,
    /// Selected columns in the order of the file: index in the file and index in the selection.
    order: Vec<(u32, usize)>,
    /// Number of entries of `order` that the current record already filled.
    found: usize,
    /// Cells by their index in the selection.
    cells: Vec<Option<CellRange>>,
}

impl CellSink for SelectedCells {
    #[inline]
    fn delimiter(&self) -> u8 {
        self.delimiter
    }

    #[inline]
    fn wants(&self, nth: u32) -> bool {
        self.order
            .get(self.found)
            .is_some_and(|(column, _)| *column == nth)
    }

    #[inline]
    fn take(&mut self, cell: CellRange) {
        let (column, _) = self.order[self.found];
        // A selection may contain a column several times.
        while let Some((_, position)) = self.order.get(self.found).filter(|(c, _)| *c == column) {
            self.cells[*position] = Some(cell);
            self.found += 1;
        }
    }
}

impl<R: Read> TableReader<R> {
    pub(super) fn new(
        window: Window<R>,
        (delimiter, columns, width): (u8, &[Column], u32),
        dialect: &Dialect,
        line: Option<u64>,
    ) -> Self {
        let grammar = Grammar::new(delimiter, dialect);
        let nulls = dialect.nulls.iter().map(|text| text.clone().into_bytes());
        let positions = columns.iter().enumerate();
        let mut order: Vec<_> = positions
            .map(|(offset, column)| (column.index, offset))
            .collect();
        order.sort_unstable();
        Self {
            window,
            grammar,
            is_standard: grammar.is_standard(),
            nulls: nulls.collect(),
            cells: SelectedCells {
                delimiter,
                order,
                found: 0,
                cells: vec![None; columns.len()],
            },
            width,
            lines: LineCounter::new(line),
            fields: Fields::default(),
            keeps_incomplete: false,
        }
    }

    /// Makes rows without the only selected column records too.
    pub(super) fn keep_incomplete(&mut self) {
        self.keeps_incomplete = true;
    }

    /// Reads the next block. Returns true if all bytes of the window are UTF-8 without NUL.
    pub(super) fn read_block(&mut self) -> Result<bool, ReadError> {
        self.window.fill()?;
        Ok(self.window.is_plain())
    }

    /// Calls `each` with the records that end in the window; returns false after the last record.
    ///
    /// Records that do not have the cells of the header count as `defects`. Records without the only selected column are
    /// skipped, unless the reader keeps them.
    pub(super) fn batch(
        &mut self,
        defects: &mut DefectiveRecords,
        each: &mut dyn FnMut(Record<'_>),
    ) -> Result<bool, ReadError> {
        let (bytes, text) = (self.window.bytes(), self.window.bytes_with_padding());
        let at_end = self.window.at_end();
        let mut at = 0;
        while at < bytes.len() {
            let sink = &mut self.cells;
            sink.found = 0;
            sink.cells.fill(None);
            let offset = self.window.offset() + at as u64;
            let scanned = match self.is_standard {
                true => scan(&bytes[at..], sink, at_end),
                false => scan_dialect(&self.grammar, &bytes[at..], sink, at_end),
            };
            let record = match scanned {
                Scan::Record(record) => record,
                Scan::Incomplete => break,
                Scan::Unclosed { .. } => return Err(ReadError::UnclosedQuote { at: offset }),
            };
            self.window.check_limit(at, record.len)?;
            let row = at..at + record.len;
            at += record.len;
            let line = self.lines.advance(&bytes[row.clone()]);
            if record.cells == 0 {
                continue;
            }
            defects.check(&record, self.width, offset);
            if !self.nulls.is_empty() {
                let removed = remove_nulls(&self.grammar, &self.nulls, &bytes[row.clone()], sink);
                if removed && sink.cells.len() == 1 && !self.keeps_incomplete {
                    defects.add(offset, RecordDefect::NullValue);
                }
            }
            match sink.cells[..] {
                [Some(CellRange::Plain { start, end })] => {
                    let cell = row.start + start..row.start + end;
                    each(Record::within(text, cell, offset).with_line(line));
                }
                [None] if !self.keeps_incomplete => {}
                _ => {
                    join(&self.grammar, &mut self.fields, &bytes[row], &sink.cells);
                    each(self.fields.record(offset, line));
                }
            }
        }
        self.window.consume(at);
        Ok(!at_end)
    }
}

/// Removes the cells of `row` that are unquoted and have one of the texts `nulls`. Returns true if there are any.
fn remove_nulls(
    grammar: &Grammar,
    nulls: &[Vec<u8>],
    row: &[u8],
    selected: &mut SelectedCells,
) -> bool {
    let is_null = |cell: CellRange| {
        let (CellRange::Plain { start, end } | CellRange::Quoted { start, end }) = cell;
        let text = &row[start..end];
        let quoted = match cell {
            CellRange::Plain { .. } => grammar.is_quoted(row, start),
            CellRange::Quoted { .. } => grammar.is_quoted(row, start + 1),
        };
        !quoted && nulls.iter().any(|null| null == text)
    };
    let mut removed = false;
    for cell in &mut selected.cells {
        if cell.is_some_and(is_null) {
            *cell = None;
            removed = true;
        }
    }
    removed
}

/// Fills `fields` with the texts of `cells`.
fn join(grammar: &Grammar, fields: &mut Fields, row: &[u8], cells: &[Option<CellRange>]) {
    fields.clear();
    for cell in cells {
        let Some(cell) = cell else {
            fields.absent();
            continue;
        };
        fields.push(|into| match cell {
            CellRange::Plain { start, end } => into.extend_from_slice(
                &row[Range {
                    start: *start,
                    end: *end,
                }],
            ),
            CellRange::Quoted { start, end } => grammar.decode(&row[*start..*end], into),
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Row = Vec<Option<String>>;

    fn columns(indexes: &[u32]) -> Vec<Column> {
        let column = |index: &u32| Column {
            index: *index,
            name: String::new(),
        };
        indexes.iter().map(column).collect()
    }

    /// Offset, line and fields of a record.
    type Found = (u64, u64, Row);

    /// Returns the records and the number of defective ones.
    fn read(
        input: &[u8],
        block: usize,
        (delimiter, wanted, width): (u8, &[u32], u32),
    ) -> Result<(Vec<Found>, u64), ReadError> {
        let window = Window::new(input, block, 1 << 20);
        let layout = (delimiter, &columns(wanted)[..], width);
        let mut reader = TableReader::new(window, layout, &Dialect::default(), Some(1));
        let (mut rows, mut defects) = (Vec::new(), DefectiveRecords::default());
        let mut keep = |record: Record<'_>| {
            let field = |at| {
                let field = record.field(at)?;
                Some(String::from_utf8_lossy(field).into_owned())
            };
            let row: Row = (0..record.field_count()).map(field).collect();
            let texts: Vec<_> = row
                .iter()
                .map(|cell| cell.as_deref().unwrap_or(""))
                .collect();
            assert_eq!(String::from_utf8_lossy(record.bytes()), texts.join("\t"));
            rows.push((record.offset(), record.line().unwrap(), row));
        };
        loop {
            reader.read_block()?;
            if !reader.batch(&mut defects, &mut keep)? {
                return Ok((rows, defects.count(RecordDefect::MissingCells)));
            }
        }
    }

    fn row(cells: &[&str]) -> Row {
        cells.iter().map(|cell| Some((*cell).to_owned())).collect()
    }

    #[test]
    fn fields_follow_the_order_of_the_selected_columns() {
        let input = b"1|a|x\n\n2|\"b|\"\"\n\"|y\r\n3|c|z";
        for block in 1..20 {
            let (rows, defects) = read(input, block, (b'|', &[2, 1, 2], 3)).unwrap();
            let expected = [
                (0, 1, row(&["x", "a", "x"])),
                (7, 3, row(&["y", "b|\"\n", "y"])),
                (20, 5, row(&["z", "c", "z"])),
            ];
            assert_eq!((&rows[..], defects), (&expected[..], 0));
        }
    }

    #[test]
    fn records_with_missing_cells_keep_their_other_cells() {
        let (rows, defects) = read(b"a;b;c\nd\ne;f\n", 4, (b';', &[2, 0], 3)).unwrap();
        let rows: Vec<_> = rows.into_iter().map(|(.., row)| row).collect();
        let lacking = |cell: &str| vec![None, Some(cell.to_owned())];
        assert_eq!(rows, [row(&["c", "a"]), lacking("d"), lacking("e")]);
        assert_eq!(defects, 2);
        let (rows, defects) = read(b"a;b\nc\n", 4, (b';', &[1], 2)).unwrap();
        assert_eq!((rows.len(), defects), (1, 1));
    }

    #[test]
    fn only_the_delimiter_separates_cells_and_allows_an_opening_quote() {
        let (rows, _) = read(b"a,\"b\t5\" disk\n", 3, (b'\t', &[0, 1], 2)).unwrap();
        assert_eq!(rows[0].2, row(&["a,\"b", "5\" disk"]));
        let open = read(b"a\t\"b\n", 3, (b'\t', &[0], 2));
        assert!(matches!(open, Err(ReadError::UnclosedQuote { at: 0 })));
    }

    proptest! {
        /// Tables that the crate `csv` wrote are read back with any delimiter, columns and block size.
        #[test]
        fn written_tables_are_read_back(
            rows in prop::collection::vec(prop::collection::vec("[a,;|\t\"\r\né ]{0,6}", 4), 1..8),
            wanted in prop::collection::vec(0u32..4, 1..6), block in 1usize..40, crlf: bool,
            delimiter in prop::sample::select(b",;|\t".to_vec()),
        ) {
            let end = if crlf { ::csv::Terminator::CRLF } else { ::csv::Terminator::Any(b'\n') };
            let mut writer = ::csv::WriterBuilder::new().delimiter(delimiter).terminator(end).from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let text = writer.into_inner().unwrap();
            let expected: Vec<Row> = rows.iter()
                .map(|row| wanted.iter().map(|at| Some(row[*at as usize].clone())).collect())
                .collect();
            let (read, defects) = read(&text, block, (delimiter, &wanted, 4)).unwrap();
            let read: Vec<_> = read.into_iter().map(|(.., row)| row).collect();
            prop_assert_eq!((read, defects), (expected, 0));
        }
    }
}

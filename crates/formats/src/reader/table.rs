//! Several columns of a table, or a table with another delimiter than the comma. The grammar is that of `csv`.

use std::io::Read;
use std::ops::Range;

use super::csv::{Cell, Scan, Wanted, scan, unquote};
use super::fields::Fields;
use super::lines::Lines;
use super::short::{Lack, Short};
use super::window::Window;
use crate::read_error::ReadError;
use mapreduce_core::Column;
use mapreduce_core::Record;

/// Hands out the cells of some columns.
#[derive(Debug)]
pub(super) struct TableReader<R> {
    window: Window<R>,
    cells: Cells,
    width: u32,
    lines: Lines,
    fields: Fields,
    /// Whether records without the only column asked for are handed out too.
    keeps_lacking: bool,
}

/// The cells of a record that are wanted.
#[derive(Debug)]
struct Cells {
    delimiter: u8,
    /// The place of each column in the file, in the order of the file, and its place among those asked for.
    order: Vec<(u32, usize)>,
    /// How many of `order` were found.
    found: usize,
    /// The cells by their place among those asked for.
    cells: Vec<Option<Cell>>,
}

impl Wanted for Cells {
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
    fn take(&mut self, cell: Cell) {
        let (column, _) = self.order[self.found];
        // A column may be asked for several times.
        while let Some((_, place)) = self.order.get(self.found).filter(|(c, _)| *c == column) {
            self.cells[*place] = Some(cell);
            self.found += 1;
        }
    }
}

impl<R: Read> TableReader<R> {
    pub(super) fn new(
        window: Window<R>,
        (delimiter, columns, width): (u8, &[Column], u32),
        line: Option<u64>,
    ) -> Self {
        let places = columns.iter().enumerate();
        let mut order: Vec<_> = places
            .map(|(place, column)| (column.index, place))
            .collect();
        order.sort_unstable();
        Self {
            window,
            cells: Cells {
                delimiter,
                order,
                found: 0,
                cells: vec![None; columns.len()],
            },
            width,
            lines: Lines::new(line),
            fields: Fields::default(),
            keeps_lacking: false,
        }
    }

    /// Hands out records without the only column asked for too.
    pub(super) fn keep_lacking(&mut self) {
        self.keeps_lacking = true;
    }

    /// Reads on by a block; answers whether all that is there now is UTF-8 without a NUL.
    pub(super) fn read_on(&mut self) -> Result<bool, ReadError> {
        self.window.more()?;
        Ok(self.window.is_plain())
    }

    /// Hands out the records that end in what is there then; `false` behind the last one. Records with fewer
    /// cells than the header are noted in `short`; those without the only column asked for are left out, unless they are
    /// to be kept.
    pub(super) fn batch(
        &mut self,
        short: &mut Short,
        each: &mut dyn FnMut(Record<'_>),
    ) -> Result<bool, ReadError> {
        let (bytes, text) = (self.window.bytes(), self.window.bytes_and_more());
        let at_end = self.window.at_end();
        let mut at = 0;
        while at < bytes.len() {
            let wanted = &mut self.cells;
            wanted.found = 0;
            wanted.cells.fill(None);
            let place = self.window.offset() + at as u64;
            let record = match scan(&bytes[at..], wanted, at_end) {
                Scan::Record(record) => record,
                Scan::Incomplete => break,
                Scan::Unclosed => return Err(ReadError::UnclosedQuote { at: place }),
            };
            self.window.admit(at, record.len)?;
            let row = at..at + record.len;
            at += record.len;
            let line = self.lines.pass(&bytes[row.clone()]);
            if record.cells == 0 {
                continue;
            }
            if record.cells < self.width {
                short.add(place, Lack::Cells);
            }
            match wanted.cells[..] {
                [Some(Cell::Plain { start, end })] => {
                    let cell = row.start + start..row.start + end;
                    each(Record::within(text, cell, place).with_line(line));
                }
                [None] if !self.keeps_lacking => {}
                _ => {
                    join(&mut self.fields, &bytes[row], &wanted.cells);
                    each(self.fields.record(place, line));
                }
            }
        }
        self.window.consume(at);
        Ok(!at_end)
    }
}

/// Makes the texts of `cells` fields.
fn join(fields: &mut Fields, row: &[u8], cells: &[Option<Cell>]) {
    fields.clear();
    for cell in cells {
        let Some(cell) = cell else {
            fields.absent();
            continue;
        };
        fields.push(|into| match cell {
            Cell::Plain { start, end } => into.extend_from_slice(
                &row[Range {
                    start: *start,
                    end: *end,
                }],
            ),
            Cell::Quoted { start, end } => unquote(&row[*start..*end], into),
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

    /// A record's offset, line and fields.
    type Found = (u64, u64, Row);

    /// The records, and how many were short.
    fn read(
        input: &[u8],
        block: usize,
        (delimiter, wanted, width): (u8, &[u32], u32),
    ) -> Result<(Vec<Found>, u64), ReadError> {
        let window = Window::new(input, block, 1 << 20);
        let layout = (delimiter, &columns(wanted)[..], width);
        let mut reader = TableReader::new(window, layout, Some(1));
        let (mut rows, mut short) = (Vec::new(), Short::default());
        let mut keep = |record: Record<'_>| {
            let field = |at| {
                let field = record.field(at)?;
                Some(String::from_utf8_lossy(field).into_owned())
            };
            let row: Row = (0..record.fields()).map(field).collect();
            let texts: Vec<_> = row
                .iter()
                .map(|cell| cell.as_deref().unwrap_or(""))
                .collect();
            assert_eq!(String::from_utf8_lossy(record.bytes()), texts.join("\t"));
            rows.push((record.offset(), record.line().unwrap(), row));
        };
        loop {
            reader.read_on()?;
            if !reader.batch(&mut short, &mut keep)? {
                return Ok((rows, short.records));
            }
        }
    }

    fn row(cells: &[&str]) -> Row {
        cells.iter().map(|cell| Some((*cell).to_owned())).collect()
    }

    #[test]
    fn columns_come_in_the_order_asked_for_with_offset_and_line() {
        let input = b"1|a|x\n\n2|\"b|\"\"\n\"|y\r\n3|c|z";
        for block in 1..20 {
            let (rows, short) = read(input, block, (b'|', &[2, 1, 2], 3)).unwrap();
            let expected = [
                (0, 1, row(&["x", "a", "x"])),
                (7, 3, row(&["y", "b|\"\n", "y"])),
                (20, 5, row(&["z", "c", "z"])),
            ];
            assert_eq!((&rows[..], short), (&expected[..], 0));
        }
    }

    #[test]
    fn short_records_give_the_cells_they_have() {
        let (rows, short) = read(b"a;b;c\nd\ne;f\n", 4, (b';', &[2, 0], 3)).unwrap();
        let rows: Vec<_> = rows.into_iter().map(|(.., row)| row).collect();
        let lacking = |cell: &str| vec![None, Some(cell.to_owned())];
        assert_eq!(rows, [row(&["c", "a"]), lacking("d"), lacking("e")]);
        assert_eq!(short, 2);
        let (rows, short) = read(b"a;b\nc\n", 4, (b';', &[1], 2)).unwrap();
        assert_eq!((rows.len(), short), (1, 1));
    }

    #[test]
    fn only_the_delimiter_cuts_and_only_behind_it_a_quote_opens() {
        let (rows, _) = read(b"a,\"b\t5\" disk\n", 3, (b'\t', &[0, 1], 2)).unwrap();
        assert_eq!(rows[0].2, row(&["a,\"b", "5\" disk"]));
        let open = read(b"a\t\"b\n", 3, (b'\t', &[0], 2));
        assert!(matches!(open, Err(ReadError::UnclosedQuote { at: 0 })));
    }

    proptest! {
        /// What another program wrote comes back, whatever the delimiter, the columns and the block size.
        #[test]
        fn tables_are_what_was_written(
            rows in prop::collection::vec(prop::collection::vec("[a,;|\t\"\r\né ]{0,6}", 4), 1..8),
            wanted in prop::collection::vec(0u32..4, 1..6), block in 1usize..40, crlf: bool,
            delimiter in prop::sample::select(b",;|\t".to_vec()),
        ) {
            let end = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
            let mut writer = csv::WriterBuilder::new().delimiter(delimiter).terminator(end).from_writer(Vec::new());
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let text = writer.into_inner().unwrap();
            let expected: Vec<Row> = rows.iter()
                .map(|row| wanted.iter().map(|at| Some(row[*at as usize].clone())).collect())
                .collect();
            let (read, short) = read(&text, block, (delimiter, &wanted, 4)).unwrap();
            let read: Vec<_> = read.into_iter().map(|(.., row)| row).collect();
            prop_assert_eq!((read, short), (expected, 0));
        }
    }
}

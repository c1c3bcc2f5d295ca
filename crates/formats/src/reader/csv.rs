//! Reader for one column of CSV, and the grammar of all tables.
//!
//! The grammar, shared with the planner's boundary scan (`split::csv`):
//! - A quote opens a quoted cell only as the first byte of the cell. Elsewhere in an unquoted cell it is an ordinary
//!   character.
//! - In a quoted cell, two quotes stand for one quote. A single quote ends the quoted part. Text between that quote and
//!   the next comma or line end, which well-formed CSV lacks, belongs to the cell unchanged.
//! - An LF outside quotes ends a record. A CR right before it is dropped; a lone CR is an ordinary character.
//! - Empty lines are not records.
//!
//! In tables with another delimiter, that delimiter replaces the comma.

use std::io::Read;

use memchr::{memchr, memchr2};

use super::defects::{DefectiveRecords, RecordDefect};
use super::line_counter::LineCounter;
use super::window::Window;
use crate::read_error::ReadError;
use mapreduce_core::Record;

/// Record reader for one column of CSV.
#[derive(Debug)]
pub(super) struct CsvReader<R> {
    window: Window<R>,
    column: u32,
    width: u32,
    lines: LineCounter,
    /// Text of a cell that differs from the bytes in the file.
    rewritten: Vec<u8>,
}

/// Result of the scan of a record.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scanned {
    /// Length with the line end, in bytes.
    pub(super) len: usize,
    /// Number of cells.
    pub(super) cells: u32,
}

/// Range of a cell, by offsets from the start of its record.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell {
    /// Text that the record contains unchanged.
    Plain { start: usize, end: usize },
    /// Bytes from the opening quote on, with doubled quotes or with text after the closing quote.
    Quoted { start: usize, end: usize },
}

/// Receiver of the selected cells of a record.
pub(super) trait CellSink {
    /// Returns the delimiter between cells.
    fn delimiter(&self) -> u8;
    /// Returns true if the cell with index `nth` is selected. Calls have ascending indexes.
    fn wants(&self, nth: u32) -> bool;
    /// Receives a selected cell.
    fn take(&mut self, cell: Cell);
}

/// Receiver of the cell of one column of CSV.
#[derive(Debug)]
struct OneCell {
    column: u32,
    cell: Option<Cell>,
}

impl CellSink for OneCell {
    #[inline]
    fn delimiter(&self) -> u8 {
        b','
    }

    #[inline]
    fn wants(&self, nth: u32) -> bool {
        nth == self.column
    }

    #[inline]
    fn take(&mut self, cell: Cell) {
        self.cell = Some(cell);
    }
}

/// Outcome of the scan of a record.
pub(super) enum Scan {
    Record(Scanned),
    /// The record continues after the given bytes.
    Incomplete,
    /// The input ends inside quotes.
    Unclosed,
}

impl<R: Read> CsvReader<R> {
    pub(super) fn new(window: Window<R>, column: u32, width: u32, line: Option<u64>) -> Self {
        Self {
            window,
            column,
            width,
            lines: LineCounter::new(line),
            rewritten: Vec::new(),
        }
    }

    /// Reads the next block. Returns true if all bytes of the window are UTF-8 without NUL.
    pub(super) fn read_block(&mut self) -> Result<bool, ReadError> {
        self.window.fill()?;
        Ok(self.window.is_plain())
    }

    /// Calls `each` with the cells of the records that end in the window; returns false after the last record.
    ///
    /// Records with fewer cells than the header count as `defects`. Records without the column have no cell.
    pub(super) fn batch(
        &mut self,
        defects: &mut DefectiveRecords,
        mut each: impl FnMut(Record<'_>),
    ) -> Result<bool, ReadError> {
        let (bytes, text) = (self.window.bytes(), self.window.bytes_with_padding());
        let at_end = self.window.at_end();
        let mut at = 0;
        while at < bytes.len() {
            let mut sink = OneCell {
                column: self.column,
                cell: None,
            };
            let record = match scan(&bytes[at..], &mut sink, at_end) {
                Scan::Record(record) => record,
                Scan::Incomplete => break,
                Scan::Unclosed => {
                    let at = self.window.offset() + at as u64;
                    return Err(ReadError::UnclosedQuote { at });
                }
            };
            self.window.check_limit(at, record.len)?;
            let offset = self.window.offset() + at as u64;
            if record.cells < self.width && record.cells > 0 {
                defects.add(offset, RecordDefect::MissingCells);
            }
            let line = self.lines.advance(&bytes[at..at + record.len]);
            match sink.cell {
                Some(Cell::Plain { start, end }) => {
                    each(Record::within(text, at + start..at + end, offset).with_line(line));
                }
                Some(Cell::Quoted { start, end }) => {
                    self.rewritten.clear();
                    unquote(&bytes[at + start..at + end], &mut self.rewritten);
                    let all = 0..self.rewritten.len();
                    each(Record::within(&self.rewritten, all, offset).with_line(line));
                }
                None => {}
            }
            at += record.len;
        }
        self.window.consume(at);
        Ok(!at_end)
    }
}

/// Finds the end of the record at the start of `bytes` and passes its selected cells to `sink`.
#[inline]
pub(super) fn scan(bytes: &[u8], sink: &mut impl CellSink, at_end: bool) -> Scan {
    let delimiter = sink.delimiter();
    let mut cells = 0;
    let mut start = 0;
    loop {
        let mut plain = (start, None);
        let mut rewrite = false;
        let mut tail = start;
        if bytes.get(start) == Some(&b'"') {
            match closing_quote(bytes, start, at_end) {
                Quoted::Closed { at, doubled } => {
                    rewrite = doubled;
                    plain = (start + 1, Some(at));
                    tail = at + 1;
                }
                Quoted::Incomplete => return Scan::Incomplete,
                Quoted::Unclosed => return Scan::Unclosed,
            }
        }
        // The delimiter nearly always follows a closing quote, so a check of one byte avoids most searches.
        let stop = match bytes.get(tail) {
            Some(byte) if *byte == delimiter || *byte == b'\n' => Some(tail),
            _ => memchr2(delimiter, b'\n', &bytes[tail..]).map(|at| tail + at),
        };
        let (end, last, len) = match stop {
            Some(at) if bytes[at] == delimiter => (at, false, at + 1),
            Some(at) => {
                let cr = at > tail && bytes[at - 1] == b'\r';
                (at - usize::from(cr), true, at + 1)
            }
            None if at_end => (bytes.len(), true, bytes.len()),
            None => return Scan::Incomplete,
        };
        if last && cells == 0 && end == 0 {
            return Scan::Record(Scanned { len, cells: 0 });
        }
        if sink.wants(cells) {
            sink.take(match plain {
                (from, Some(to)) if !rewrite && end == tail => Cell::Plain {
                    start: from,
                    end: to,
                },
                (_, Some(_)) => Cell::Quoted { start, end },
                (from, None) => Cell::Plain { start: from, end },
            });
        }
        cells += 1;
        if last {
            return Scan::Record(Scanned { len, cells });
        }
        start = len;
    }
}

enum Quoted {
    Closed { at: usize, doubled: bool },
    Incomplete,
    Unclosed,
}

/// Finds the closing quote for the quote at `open`.
#[inline]
fn closing_quote(bytes: &[u8], open: usize, at_end: bool) -> Quoted {
    let mut at = open + 1;
    let mut doubled = false;
    loop {
        let Some(found) = memchr(b'"', &bytes[at..]) else {
            return if at_end {
                Quoted::Unclosed
            } else {
                Quoted::Incomplete
            };
        };
        at += found;
        match bytes.get(at + 1) {
            Some(b'"') => {
                doubled = true;
                at += 2;
            }
            None if !at_end => return Quoted::Incomplete,
            _ => return Quoted::Closed { at, doubled },
        }
    }
}

/// Appends the text of a cell that starts with a quote to `into`.
pub(super) fn unquote(cell: &[u8], into: &mut Vec<u8>) {
    let mut rest = &cell[1..];
    while let Some(quote) = memchr(b'"', rest) {
        into.extend_from_slice(&rest[..quote]);
        rest = &rest[quote + 1..];
        if rest.first() != Some(&b'"') {
            break;
        }
        into.push(b'"');
        rest = &rest[1..];
    }
    into.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Returns all cells, the defective records, and the error at the end.
    fn read(
        input: &[u8],
        block: usize,
        limit: u64,
        (column, width): (u32, u32),
    ) -> (Vec<Vec<u8>>, DefectiveRecords, Option<ReadError>) {
        let mut reader = CsvReader::new(Window::new(input, block, limit), column, width, None);
        let (mut cells, mut defects) = (Vec::new(), DefectiveRecords::default());
        loop {
            let read = reader.read_block();
            match read
                .and_then(|_| reader.batch(&mut defects, |cell| cells.push(cell.bytes().to_vec())))
            {
                Ok(true) => {}
                Ok(false) => return (cells, defects, None),
                Err(error) => return (cells, defects, Some(error)),
            }
        }
    }

    fn cells(input: &[u8], block: usize, column: u32, width: u32) -> (Vec<String>, u64) {
        let (cells, defects, error) = read(input, block, 1 << 20, (column, width));
        assert!(error.is_none(), "{error:?}");
        let cells = cells
            .into_iter()
            .map(|cell| String::from_utf8(cell).unwrap());
        (cells.collect(), defects.records)
    }

    fn check(input: &str, column: u32, expected: &[&str]) {
        for block in 1..20 {
            assert_eq!(
                cells(input.as_bytes(), block, column, 1).0,
                expected,
                "{input:?}"
            );
        }
    }

    #[test]
    fn quoted_cells_hold_commas_quotes_and_newlines() {
        check(
            "1,\"a, \"\"b\"\"\r\nc\",x\r\n2,d,y\n",
            1,
            &["a, \"b\"\r\nc", "d"],
        );
        check("\"\"\"\",\"\"\n\"\"\"\"\"\",z", 0, &["\"", "\"\""]);
    }

    #[test]
    fn a_quote_inside_an_unquoted_cell_is_a_character() {
        check("5\" disk,a\nb\"\",c\n", 0, &["5\" disk", "b\"\""]);
        check("\"a\"b\"c,d\n\"e\" \"f\",g\n", 0, &["ab\"c", "e \"f\""]);
    }

    #[test]
    fn empty_cells_are_records_but_empty_lines_are_not() {
        check("\n\r\n,a\n\n,\nb,\n", 0, &["", "", "b"]);
        check("\"\"\n\"\"\r\n", 0, &["", ""]);
    }

    #[test]
    fn line_ends_are_lf_or_cr_lf_and_a_lone_cr_is_a_character() {
        check("a\rb\r\n\"c\r\"\r\nd\r", 0, &["a\rb", "c\r", "d\r"]);
    }

    #[test]
    fn records_with_missing_cells_are_counted_and_keep_the_cell_if_present() {
        assert_eq!(
            cells(b"a,b,c\nd\ne,f\n", 4, 1, 3),
            (vec!["b".into(), "f".into()], 2)
        );
    }

    #[test]
    fn a_record_over_the_limit_is_refused_with_any_block_size() {
        for block in [1, 4, 100] {
            let (cells, _, error) = read(b"\"a\n\",b\n\"a\nc\",b\n", block, 7, (0, 2));
            assert_eq!(cells, [b"a\n"]);
            let named = matches!(error, Some(ReadError::TooLong { at: 7, limit: 7 }));
            assert!(named, "blocks of {block}: {error:?}");
        }
    }

    #[test]
    fn an_unclosed_quote_is_an_error_at_its_record() {
        let (cells, _, error) = read(b"a\nb,\"c\nd", 3, 100, (0, 1));
        assert_eq!(cells, [b"a"]);
        assert!(
            matches!(error, Some(ReadError::UnclosedQuote { at: 2 })),
            "{error:?}"
        );
    }

    proptest! {
        /// The reader returns the cells of any well-formed CSV with any block size.
        #[test]
        fn written_cells_are_read_back(
            rows in proptest::collection::vec(proptest::collection::vec("[a,\"\r\né ]{0,6}", 3), 1..8),
            column in 0usize..3, block in 1usize..40, crlf: bool,
        ) {
            let mut text = String::new();
            for row in &rows {
                let cells: Vec<_> = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
                text += &cells.join(",");
                text += if crlf { "\r\n" } else { "\n" };
            }
            let expected: Vec<_> = rows.iter().map(|row| row[column].clone()).collect();
            prop_assert_eq!(cells(text.as_bytes(), block, column as u32, 3), (expected, 0));
        }

        #[test]
        fn the_reader_never_panics(input: Vec<u8>, soup in "[a,\"\r\n]{0,40}", block in 1usize..9) {
            for input in [&input[..], soup.as_bytes()] {
                read(input, block, 1 << 20, (1, 2));
            }
        }
    }
}

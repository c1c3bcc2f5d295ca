//! One column of CSV, and the grammar of all tables.
//!
//! The grammar, shared with the planner's boundary scan (`split::csv`):
//! - A quote opens a quoted cell only as the cell's first byte; anywhere else in an unquoted cell it is
//!   a character like others.
//! - In a quoted cell two quotes are one; a single quote ends the quoted part. What follows up to the
//!   comma or line end (well-formed CSV has nothing there) belongs to the cell as it is.
//! - A record ends with LF outside quotes; a CR right before it is dropped. A lone CR is a character.
//! - Lines with nothing in them are no records.
//!
//! Of tables with another delimiter the same holds with it in place of the comma.

use std::io::Read;

use memchr::{memchr, memchr2};

use super::lines::Lines;
use super::short::{Lack, Short};
use super::window::Window;
use crate::read_error::ReadError;
use mapreduce_core::Record;

/// Hands out the cells of one column.
#[derive(Debug)]
pub(super) struct CsvReader<R> {
    window: Window<R>,
    column: u32,
    width: u32,
    lines: Lines,
    /// A cell whose text differs from its bytes in the file.
    rewritten: Vec<u8>,
}

/// A record that was scanned.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scanned {
    /// Length with its line end.
    pub(super) len: usize,
    /// Number of cells.
    pub(super) cells: u32,
}

/// A cell, by offsets from the start of its record.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cell {
    /// The text lies in the record as it is.
    Plain { start: usize, end: usize },
    /// The bytes from the opening quote on, in which quotes are doubled or text follows the closing one.
    Quoted { start: usize, end: usize },
}

/// Which cells a scan is for.
pub(super) trait Wanted {
    /// What stands between cells.
    fn delimiter(&self) -> u8;
    /// Whether the cell at this place is wanted; they come in order.
    fn wants(&self, nth: u32) -> bool;
    /// Takes a cell that is wanted.
    fn take(&mut self, cell: Cell);
}

/// The cell of one column, between commas.
#[derive(Debug)]
struct One {
    column: u32,
    cell: Option<Cell>,
}

impl Wanted for One {
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

/// Where the scan of a record stopped.
pub(super) enum Scan {
    Record(Scanned),
    /// The record goes on behind the bytes given.
    Incomplete,
    /// The bytes end inside quotes, and there are no more.
    Unclosed,
}

impl<R: Read> CsvReader<R> {
    pub(super) fn new(window: Window<R>, column: u32, width: u32, line: Option<u64>) -> Self {
        Self {
            window,
            column,
            width,
            lines: Lines::new(line),
            rewritten: Vec::new(),
        }
    }

    /// Reads on by a block; answers whether all that is there now is UTF-8 without a NUL.
    pub(super) fn read_on(&mut self) -> Result<bool, ReadError> {
        self.window.more()?;
        Ok(self.window.is_plain())
    }

    /// Hands out the cells of the column of the records that end in what is there then;
    /// `false` behind the last one. Records with fewer cells than the header are noted in `short`; those
    /// without the column give no cell.
    pub(super) fn batch(
        &mut self,
        short: &mut Short,
        mut each: impl FnMut(Record<'_>),
    ) -> Result<bool, ReadError> {
        let (bytes, text) = (self.window.bytes(), self.window.bytes_and_more());
        let at_end = self.window.at_end();
        let mut at = 0;
        while at < bytes.len() {
            let mut wanted = One {
                column: self.column,
                cell: None,
            };
            let record = match scan(&bytes[at..], &mut wanted, at_end) {
                Scan::Record(record) => record,
                Scan::Incomplete => break,
                Scan::Unclosed => {
                    let at = self.window.offset() + at as u64;
                    return Err(ReadError::UnclosedQuote { at });
                }
            };
            self.window.admit(at, record.len)?;
            let place = self.window.offset() + at as u64;
            if record.cells < self.width && record.cells > 0 {
                short.add(place, Lack::Cells);
            }
            let line = self.lines.pass(&bytes[at..at + record.len]);
            match wanted.cell {
                Some(Cell::Plain { start, end }) => {
                    each(Record::within(text, at + start..at + end, place).with_line(line));
                }
                Some(Cell::Quoted { start, end }) => {
                    self.rewritten.clear();
                    unquote(&bytes[at + start..at + end], &mut self.rewritten);
                    let all = 0..self.rewritten.len();
                    each(Record::within(&self.rewritten, all, place).with_line(line));
                }
                None => {}
            }
            at += record.len;
        }
        self.window.consume(at);
        Ok(!at_end)
    }
}

/// Finds the end of the record at the start of `bytes`, and the cells in it that are `wanted`.
#[inline]
pub(super) fn scan(bytes: &[u8], wanted: &mut impl Wanted, at_end: bool) -> Scan {
    let delimiter = wanted.delimiter();
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
        // Behind a closing quote there nearly always is the delimiter.
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
        if wanted.wants(cells) {
            wanted.take(match plain {
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

/// Finds the quote that closes the one at `open`.
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

/// Appends the text of a cell that starts with a quote.
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

    /// All cells, the short records, and the error at the end.
    fn read(
        input: &[u8],
        block: usize,
        limit: u64,
        (column, width): (u32, u32),
    ) -> (Vec<Vec<u8>>, Short, Option<ReadError>) {
        let mut reader = CsvReader::new(Window::new(input, block, limit), column, width, None);
        let (mut cells, mut short) = (Vec::new(), Short::default());
        loop {
            let read = reader.read_on();
            match read
                .and_then(|_| reader.batch(&mut short, |cell| cells.push(cell.bytes().to_vec())))
            {
                Ok(true) => {}
                Ok(false) => return (cells, short, None),
                Err(error) => return (cells, short, Some(error)),
            }
        }
    }

    fn cells(input: &[u8], block: usize, column: u32, width: u32) -> (Vec<String>, u64) {
        let (cells, short, error) = read(input, block, 1 << 20, (column, width));
        assert!(error.is_none(), "{error:?}");
        let cells = cells
            .into_iter()
            .map(|cell| String::from_utf8(cell).unwrap());
        (cells.collect(), short.records)
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
    fn empty_cells_are_records_and_empty_lines_are_not() {
        check("\n\r\n,a\n\n,\nb,\n", 0, &["", "", "b"]);
        check("\"\"\n\"\"\r\n", 0, &["", ""]);
    }

    #[test]
    fn line_ends_are_lf_or_cr_lf_and_a_lone_cr_is_a_character() {
        check("a\rb\r\n\"c\r\"\r\nd\r", 0, &["a\rb", "c\r", "d\r"]);
    }

    #[test]
    fn short_records_are_counted_and_give_the_cell_if_they_have_it() {
        assert_eq!(
            cells(b"a,b,c\nd\ne,f\n", 4, 1, 3),
            (vec!["b".into(), "f".into()], 2)
        );
    }

    #[test]
    fn a_record_over_the_limit_is_refused_whatever_the_block() {
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
        /// Well-formed CSV of any cells comes back, whatever the block size.
        #[test]
        fn what_was_written_is_read(
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
        fn no_bytes_make_it_panic(input: Vec<u8>, soup in "[a,\"\r\n]{0,40}", block in 1usize..9) {
            for input in [&input[..], soup.as_bytes()] {
                read(input, block, 1 << 20, (1, 2));
            }
        }
    }
}

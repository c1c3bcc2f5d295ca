//! One column of CSV.
//!
//! The grammar, shared with the planner's boundary scan (`split::csv`):
//! - A quote opens a quoted cell only as the cell's first byte; anywhere else in an unquoted cell it is
//!   a character like others.
//! - In a quoted cell two quotes are one; a single quote ends the quoted part. What follows up to the
//!   comma or line end (well-formed CSV has nothing there) belongs to the cell as it is.
//! - A record ends with LF outside quotes; a CR right before it is dropped. A lone CR is a character.
//! - Lines with nothing in them are no records.

use std::io::Read;

use memchr::{memchr, memchr2};

use super::{ReadError, Short, window::Window};
use crate::tokenizer::Record;

/// Hands out the cells of one column.
#[derive(Debug)]
pub(super) struct CsvReader<R> {
    window: Window<R>,
    column: u32,
    width: u32,
    /// A cell whose text differs from its bytes in the file.
    rewritten: Vec<u8>,
}

/// A record, by offsets from its start.
#[derive(Debug, Clone, Copy, Default)]
struct Scanned {
    /// Length with its line end.
    len: usize,
    /// Number of cells.
    cells: u32,
    /// The wanted cell.
    cell: Option<Cell>,
}

#[derive(Debug, Clone, Copy)]
enum Cell {
    /// The text lies in the record as it is.
    Plain { start: usize, end: usize },
    /// The bytes from the opening quote on, in which quotes are doubled or text follows the closing one.
    Quoted { start: usize, end: usize },
}

/// Where the scan of a record stopped.
enum Scan {
    Record(Scanned),
    /// The record goes on behind the bytes given.
    Incomplete,
    /// The bytes end inside quotes, and there are no more.
    Unclosed,
}

impl<R: Read> CsvReader<R> {
    pub(super) fn new(window: Window<R>, column: u32, width: u32) -> Self {
        Self {
            window,
            column,
            width,
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
            let record = match scan(&bytes[at..], self.column, at_end) {
                Scan::Record(record) => record,
                Scan::Incomplete => break,
                Scan::Unclosed => {
                    let at = self.window.offset() + at as u64;
                    return Err(ReadError::UnclosedQuote { at });
                }
            };
            self.window.admit(at, record.len)?;
            if record.cells < self.width && record.cells > 0 {
                short.records += 1;
                let place = self.window.offset() + at as u64;
                short.first.get_or_insert(place);
            }
            let place = self.window.offset() + at as u64;
            match record.cell {
                Some(Cell::Plain { start, end }) => {
                    each(Record::within(text, at + start..at + end, place));
                }
                Some(Cell::Quoted { start, end }) => {
                    unquote(&bytes[at + start..at + end], &mut self.rewritten);
                    each(Record::within(
                        &self.rewritten,
                        0..self.rewritten.len(),
                        place,
                    ));
                }
                None => {}
            }
            at += record.len;
        }
        self.window.consume(at);
        Ok(!at_end)
    }
}

/// Finds the end of the record at the start of `bytes`, and the cell at `column` in it.
#[inline]
fn scan(bytes: &[u8], column: u32, at_end: bool) -> Scan {
    let mut cells = 0;
    let mut cell = None;
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
        // Behind a closing quote there nearly always is the comma.
        let stop = match bytes.get(tail) {
            Some(b',' | b'\n') => Some(tail),
            _ => memchr2(b',', b'\n', &bytes[tail..]).map(|at| tail + at),
        };
        let (end, last, len) = match stop {
            Some(at) if bytes[at] == b',' => (at, false, at + 1),
            Some(at) => {
                let cr = at > tail && bytes[at - 1] == b'\r';
                (at - usize::from(cr), true, at + 1)
            }
            None if at_end => (bytes.len(), true, bytes.len()),
            None => return Scan::Incomplete,
        };
        if last && cells == 0 && end == 0 {
            return Scan::Record(Scanned {
                len,
                cells: 0,
                cell: None,
            });
        }
        if cells == column {
            cell = Some(match plain {
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
            return Scan::Record(Scanned { len, cells, cell });
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

/// The text of a cell that starts with a quote.
fn unquote(cell: &[u8], into: &mut Vec<u8>) {
    into.clear();
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
        let mut reader = CsvReader::new(Window::new(input, block, limit), column, width);
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

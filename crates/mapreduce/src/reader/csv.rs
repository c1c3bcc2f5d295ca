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

use super::{ReadError, window::Window};

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

    /// The next cell of the column. Records with fewer cells than the header are counted in `short`;
    /// those without the column give no cell.
    #[inline]
    pub(super) fn next_record(
        &mut self,
        short: &mut u64,
        first_short: &mut Option<u64>,
    ) -> Result<Option<&[u8]>, ReadError> {
        loop {
            let at = self.window.offset();
            let bytes = self.window.bytes();
            if bytes.is_empty() && self.window.at_end() {
                return Ok(None);
            }
            let record = match scan(bytes, self.column, self.window.at_end()) {
                Scan::Record(record) => record,
                Scan::Incomplete => {
                    self.window.more()?;
                    continue;
                }
                Scan::Unclosed => return Err(ReadError::UnclosedQuote { at }),
            };
            self.window.admit(record.len)?;
            self.window.consume(record.len);
            if record.cells == 0 {
                continue;
            }
            if record.cells < self.width {
                *short += 1;
                first_short.get_or_insert(at);
            }
            match record.cell {
                Some(Cell::Plain { start, end }) => {
                    return Ok(Some(&self.window.consumed(record.len)[start..end]));
                }
                Some(Cell::Quoted { start, end }) => {
                    unquote(
                        &self.window.consumed(record.len)[start..end],
                        &mut self.rewritten,
                    );
                    return Ok(Some(&self.rewritten));
                }
                None => {}
            }
        }
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

    fn cells(input: &[u8], block: usize, column: u32, width: u32) -> (Vec<String>, u64) {
        let mut reader = CsvReader::new(Window::new(input, block, 1 << 20), column, width);
        let (mut cells, mut short, mut first) = (Vec::new(), 0, None);
        while let Some(cell) = reader.next_record(&mut short, &mut first).unwrap() {
            cells.push(String::from_utf8(cell.to_vec()).unwrap());
        }
        (cells, short)
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
            let input = &b"\"a\n\",b\n\"a\nc\",b\n"[..];
            let mut reader = CsvReader::new(Window::new(input, block, 7), 0, 2);
            let (mut short, mut first) = (0, None);
            let read = reader.next_record(&mut short, &mut first).unwrap();
            assert_eq!(read, Some(&b"a\n"[..]));
            let Err(ReadError::TooLong { at: 7, limit: 7 }) =
                reader.next_record(&mut short, &mut first)
            else {
                panic!("the long record was read in blocks of {block}");
            };
        }
    }

    #[test]
    fn an_unclosed_quote_is_an_error_at_its_record() {
        let mut reader = CsvReader::new(Window::new(&b"a\nb,\"c\nd"[..], 3, 100), 0, 1);
        let (mut short, mut first) = (0, None);
        assert_eq!(
            reader.next_record(&mut short, &mut first).unwrap(),
            Some(&b"a"[..])
        );
        let Err(ReadError::UnclosedQuote { at: 2 }) = reader.next_record(&mut short, &mut first)
        else {
            panic!("the unclosed quote was read");
        };
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
                let mut reader = CsvReader::new(Window::new(input, block, 1 << 20), 1, 2);
                let (mut short, mut first) = (0, None);
                while let Ok(Some(_)) = reader.next_record(&mut short, &mut first) {}
            }
        }
    }
}

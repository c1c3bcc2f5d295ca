//! Scan of the header of a table.

use memchr::memchr_iter;

use super::dialect::scan_dialect;
use super::grammar::Grammar;
use super::record::{CellRange, CellSink, Scan, scan};
use crate::byte_order_mark::{BYTE_ORDER_MARK, mark_len};

/// Header of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// Names of the columns; invalid UTF-8 is replaced.
    pub names: Vec<String>,
    /// Offset of the first row, after a byte-order mark.
    pub start: usize,
    /// Length with the line end and everything before it, in bytes. The first record starts there.
    pub len: usize,
    /// Number of line ends in these bytes.
    pub lines: u64,
}

/// Outcome of the scan of a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeaderScan {
    /// The first record, which is the header.
    Header(Header),
    /// The header may continue after the given bytes.
    Incomplete,
    /// The input ends inside a quoted cell.
    UnclosedQuote {
        /// Line of the opening quote, from 1.
        line: u64,
    },
    /// An unquoted cell contains a CR without LF. The line ends of the file are probably CR alone, which would make the
    /// whole file its header.
    LoneCr,
    /// The input contains no record.
    Missing,
}

/// Receiver of all cells of a record.
struct AllCells {
    delimiter: u8,
    cells: Vec<CellRange>,
}

impl CellSink for AllCells {
    fn delimiter(&self) -> u8 {
        self.delimiter
    }

    fn wants(&self, _nth: u32) -> bool {
        true
    }

    fn take(&mut self, cell: CellRange) {
        self.cells.push(cell);
    }
}

/// Scans the header at the start of a table. `bytes` are its first bytes, or all of them if `at_end` is true.
pub fn scan_header(bytes: &[u8], grammar: impl Into<Grammar>, at_end: bool) -> HeaderScan {
    let grammar = &grammar.into();
    if !at_end && bytes.len() < BYTE_ORDER_MARK.len() {
        return HeaderScan::Incomplete;
    }
    let mark = mark_len(bytes);
    let mut start = mark;
    while start < bytes.len() {
        let record = &bytes[start..];
        let mut all = AllCells {
            delimiter: grammar.delimiter,
            cells: Vec::new(),
        };
        let scanned = match grammar.is_standard() {
            true => scan(record, &mut all, at_end),
            false => scan_dialect(grammar, record, &mut all, at_end),
        };
        match scanned {
            Scan::Record(scanned) if scanned.cells == 0 => start += scanned.len,
            Scan::Record(_)
                if all
                    .cells
                    .iter()
                    .any(|cell| has_lone_cr(grammar, record, *cell)) =>
            {
                return HeaderScan::LoneCr;
            }
            Scan::Record(scanned) => {
                let name = |cell: &CellRange| name(grammar, record, *cell);
                return HeaderScan::Header(Header {
                    names: all.cells.iter().map(name).collect(),
                    start: mark,
                    len: start + scanned.len,
                    lines: count_lines(&bytes[..start + scanned.len]),
                });
            }
            Scan::Incomplete => return HeaderScan::Incomplete,
            Scan::Unclosed { quote } => {
                let line = 1 + count_lines(&bytes[..start + quote]);
                return HeaderScan::UnclosedQuote { line };
            }
        }
    }
    match at_end {
        true => HeaderScan::Missing,
        false => HeaderScan::Incomplete,
    }
}

fn count_lines(bytes: &[u8]) -> u64 {
    memchr_iter(b'\n', bytes).count() as u64
}

fn has_lone_cr(grammar: &Grammar, record: &[u8], cell: CellRange) -> bool {
    match cell {
        CellRange::Plain { start, end } => {
            !grammar.is_quoted(record, start) && record[start..end].contains(&b'\r')
        }
        CellRange::Quoted { .. } => false,
    }
}

/// Returns the text of a cell of `record`.
fn name(grammar: &Grammar, record: &[u8], cell: CellRange) -> String {
    match cell {
        CellRange::Plain { start, end } => {
            String::from_utf8_lossy(&record[start..end]).into_owned()
        }
        CellRange::Quoted { start, end } => {
            let mut text = Vec::new();
            grammar.decode(&record[start..end], &mut text);
            String::from_utf8_lossy(&text).into_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(text: &str) -> Option<(Vec<String>, usize, u64)> {
        match scan_header(text.as_bytes(), b',', true) {
            HeaderScan::Header(Header {
                names, len, lines, ..
            }) => Some((names, len, lines)),
            _ => None,
        }
    }

    #[test]
    fn a_header_is_the_first_record_after_empty_lines_and_a_byte_order_mark() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(header("a,b\n1,2\n"), Some((names(&["a", "b"]), 4, 1)));
        assert_eq!(header("\u{feff}\"a\"\r\n"), Some((names(&["a"]), 8, 1)));
        assert_eq!(
            header("\n\r\n\"x\ny\",\n1"),
            Some((names(&["x\ny", ""]), 10, 4))
        );
        assert_eq!(header("\"a\rb\""), Some((names(&["a\rb"]), 5, 0)));
        assert_eq!(header("\n\r\n"), None);
    }

    #[test]
    fn a_cr_without_lf_in_an_unquoted_name_is_refused() {
        for text in ["a,b\r1,2\r", "a\rb", "a,\"b\"\n"] {
            let refused = scan_header(text.as_bytes(), b',', true) == HeaderScan::LoneCr;
            assert_eq!(refused, text.contains('\r'), "{text:?}");
        }
    }

    #[test]
    fn the_start_of_a_header_is_incomplete_until_the_input_ends() {
        for start in ["", "\u{feff}", "a", "a,\"b\n", "\n"] {
            let scan = |at_end| scan_header(start.as_bytes(), b',', at_end);
            assert_eq!(scan(false), HeaderScan::Incomplete, "{start:?}");
            assert_ne!(scan(true), HeaderScan::Incomplete, "{start:?}");
        }
        let unclosed = HeaderScan::UnclosedQuote { line: 2 };
        assert_eq!(scan_header(b"\na,\"b\n", b',', true), unclosed);
    }

    proptest! {
        /// A header does not depend on how many of the following bytes are known.
        #[test]
        fn a_header_is_the_same_with_any_number_of_bytes_after_it(
            text in "(\u{feff})?[a,;\"\r\n]{0,40}", delimiter in prop::sample::select(b",;".to_vec()),
        ) {
            let bytes = text.as_bytes();
            let whole = scan_header(bytes, delimiter, true);
            for len in 0..bytes.len() {
                let early = scan_header(&bytes[..len], delimiter, false);
                prop_assert!(early == HeaderScan::Incomplete || early == whole, "{early:?} of {len} bytes");
            }
            if let HeaderScan::Header(header) = &whole && (3..bytes.len()).contains(&header.len) {
                prop_assert_eq!(scan_header(&bytes[..header.len], delimiter, false), whole);
            }
        }
    }
}

//! Scan of one record: its end and its cells.

use memchr::{memchr, memchr2};

use super::quotes::{NextQuote, next_quote};

/// Result of the scan of a record.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Scanned {
    /// Length with the line end, in bytes.
    pub(crate) len: usize,
    /// Number of cells.
    pub(crate) cells: u32,
    /// True if a quoted cell continues after its closing quote.
    pub(crate) text_after_quote: bool,
    /// True if a backslash precedes such a quote, so that the table probably escapes quotes by backslashes.
    pub(crate) backslash_quote: bool,
}

/// Range of a cell, by offsets from the start of its record.
#[derive(Debug, Clone, Copy)]
pub(crate) enum CellRange {
    /// Text that the record contains unchanged.
    Plain { start: usize, end: usize },
    /// Bytes that need decoding: from the opening quote on, with doubled quotes or with text after the closing quote.
    /// In other dialects, also an unquoted cell with backslashes.
    Quoted { start: usize, end: usize },
}

/// Receiver of the selected cells of a record.
pub(crate) trait CellSink {
    /// Returns the delimiter between cells.
    fn delimiter(&self) -> u8;
    /// Returns true if the cell with index `nth` is selected. Calls have ascending indexes.
    fn wants(&self, nth: u32) -> bool;
    /// Receives a selected cell.
    fn take(&mut self, cell: CellRange);
}

/// Outcome of the scan of a record.
pub(crate) enum Scan {
    Record(Scanned),
    /// The record continues after the given bytes.
    Incomplete,
    /// The input ends inside the quoted cell that starts at the given index.
    Unclosed {
        quote: usize,
    },
}

/// Finds the end of the record at the start of `bytes` and passes its selected cells to `sink`.
#[inline]
pub(crate) fn scan(bytes: &[u8], sink: &mut impl CellSink, at_end: bool) -> Scan {
    let delimiter = sink.delimiter();
    let mut cells = 0;
    let (mut text_after_quote, mut backslash_quote) = (false, false);
    let mut start = 0;
    loop {
        let (mut plain, mut rewrite) = ((start, None), false);
        let mut tail = start;
        if bytes.get(start) == Some(&b'"') {
            match closing_quote(bytes, start, at_end) {
                Quoted::Closed { at, doubled } => {
                    rewrite = doubled;
                    plain = (start + 1, Some(at));
                    tail = at + 1;
                }
                Quoted::Incomplete => return Scan::Incomplete,
                Quoted::Unclosed => return Scan::Unclosed { quote: start },
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
            let empty = Scanned::default();
            return Scan::Record(Scanned { len, ..empty });
        }
        let continues = plain.1.is_some() && end != tail;
        text_after_quote |= continues;
        backslash_quote |= continues && bytes[tail - 2] == b'\\';
        if sink.wants(cells) {
            sink.take(match plain {
                (from, Some(to)) if !rewrite && end == tail => CellRange::Plain {
                    start: from,
                    end: to,
                },
                (_, Some(_)) => CellRange::Quoted { start, end },
                (from, None) => CellRange::Plain { start: from, end },
            });
        }
        cells += 1;
        if last {
            return Scan::Record(Scanned {
                len,
                cells,
                text_after_quote,
                backslash_quote,
            });
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
        match next_quote(bytes, at) {
            NextQuote::Doubled(behind) => {
                doubled = true;
                at = behind;
            }
            NextQuote::Closing(quote) => return Quoted::Closed { at: quote, doubled },
            NextQuote::Last(quote) if at_end => return Quoted::Closed { at: quote, doubled },
            NextQuote::Missing if at_end => return Quoted::Unclosed,
            NextQuote::Last(_) | NextQuote::Missing => return Quoted::Incomplete,
        }
    }
}

/// Appends the text of a cell that starts with a quote to `into`.
pub(crate) fn unquote(cell: &[u8], into: &mut Vec<u8>) {
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

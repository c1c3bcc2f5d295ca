//! State machine of tables in any dialect.
//!
//! | position      | bytes             | next position      |
//! |---------------|-------------------|--------------------|
//! | record start  | comment character | comment            |
//! | record start  | another byte      | as from cell start |
//! | comment       | LF                | record start       |
//! | cell start    | quote             | quoted             |
//! | cell start    | another byte      | as from plain      |
//! | plain         | delimiter         | cell start         |
//! | plain         | LF                | record start       |
//! | plain         | backslash         | plain escape       |
//! | plain escape  | CR                | escaped CR         |
//! | plain escape  | another byte      | plain              |
//! | escaped CR    | LF                | plain              |
//! | escaped CR    | another byte      | as from plain      |
//! | quoted        | quote             | quote              |
//! | quoted        | backslash         | quoted escape      |
//! | quoted escape | any byte          | quoted             |
//! | quote         | quote             | quoted             |
//! | quote         | another byte      | as from plain      |
//!
//! All other bytes leave the position as it is. The header, the records and the boundaries of a table follow from
//! these transitions alone.

use memchr::{memchr, memchr2, memchr3};

use super::grammar::Grammar;
use super::quotes::ScanObserver;
use super::record::{CellRange, CellSink, Scan, Scanned};

/// Position in a table between two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Position {
    /// Start of a record, of a comment or of an empty line.
    RecordStart,
    /// Inside a comment.
    Comment,
    /// After a delimiter.
    CellStart,
    /// Inside an unquoted cell, or in the text after a closing quote.
    Plain,
    /// After a backslash in an unquoted cell.
    PlainEscape,
    /// After a backslash and a CR in an unquoted cell.
    EscapedCr,
    /// Inside a quoted cell.
    Quoted,
    /// After a backslash in a quoted cell.
    QuotedEscape,
    /// After a quote that closes the cell unless another quote follows.
    Quote,
}

impl Position {
    /// Returns true if the input may not end here.
    pub(crate) fn is_quoted(self) -> bool {
        matches!(self, Self::Quoted | Self::QuotedEscape)
    }
}

impl Grammar {
    /// Returns the position after `byte`.
    #[inline]
    fn next(&self, position: Position, byte: u8) -> Position {
        let is_quote = self.quote == Some(byte);
        let is_escape = self.backslash && byte == b'\\';
        match position {
            Position::RecordStart if self.comment == Some(byte) => Position::Comment,
            Position::Comment if byte == b'\n' => Position::RecordStart,
            Position::Comment => Position::Comment,
            Position::RecordStart | Position::CellStart if is_quote => Position::Quoted,
            Position::PlainEscape if byte == b'\r' => Position::EscapedCr,
            Position::PlainEscape => Position::Plain,
            Position::EscapedCr if byte == b'\n' => Position::Plain,
            Position::Quoted if is_quote => Position::Quote,
            Position::Quoted if is_escape => Position::QuotedEscape,
            Position::Quoted | Position::QuotedEscape => Position::Quoted,
            Position::Quote if is_quote => Position::Quoted,
            Position::RecordStart
            | Position::CellStart
            | Position::Plain
            | Position::EscapedCr
            | Position::Quote => {
                if byte == self.delimiter {
                    Position::CellStart
                } else if byte == b'\n' {
                    Position::RecordStart
                } else if is_escape {
                    Position::PlainEscape
                } else {
                    Position::Plain
                }
            }
        }
    }

    /// Returns the index of the first byte at or after `at` that may change `position`.
    #[inline]
    fn skip(&self, position: Position, bytes: &[u8], at: usize) -> usize {
        let rest = &bytes[at..];
        let found = match (position, self.quote) {
            (Position::Comment, _) => memchr(b'\n', rest),
            (Position::Plain, _) if self.backslash => memchr3(self.delimiter, b'\n', b'\\', rest),
            (Position::Plain, _) => memchr2(self.delimiter, b'\n', rest),
            (Position::Quoted, Some(quote)) if self.backslash => memchr2(quote, b'\\', rest),
            (Position::Quoted, Some(quote)) => memchr(quote, rest),
            _ => return at,
        };
        found.map_or(bytes.len(), |found| at + found)
    }
}

/// Returns the position after `block`, and reports to `observer` the line ends that end a record or a comment.
pub(crate) fn advance_dialect(
    grammar: &Grammar,
    mut position: Position,
    block: &[u8],
    observer: &mut impl ScanObserver,
) -> Position {
    let mut at = 0;
    loop {
        at = grammar.skip(position, block, at);
        let Some(byte) = block.get(at) else {
            return position;
        };
        let next = grammar.next(position, *byte);
        match next {
            Position::RecordStart => observer.outside(at, at + 1),
            Position::Quoted if matches!(position, Position::RecordStart | Position::CellStart) => {
                observer.opened(at);
            }
            _ => {}
        }
        position = next;
        at += 1;
    }
}

/// Cell that is being scanned.
#[derive(Debug, Clone, Copy, Default)]
struct OpenCell {
    start: usize,
    /// True if the cell starts with a quote.
    quoted: bool,
    /// Index after the last closing quote, or `start` of an unquoted cell.
    tail: usize,
    /// True if the text of the cell differs from its bytes.
    encoded: bool,
}

impl OpenCell {
    fn at(start: usize) -> Self {
        Self {
            start,
            tail: start,
            ..Self::default()
        }
    }

    /// Follows the move to `next` by the byte at index `at`.
    #[inline]
    fn advance(&mut self, position: Position, next: Position, at: usize) {
        match next {
            Position::Quoted if position == Position::Quote => self.encoded = true,
            Position::Quoted if matches!(position, Position::RecordStart | Position::CellStart) => {
                self.quoted = true;
            }
            Position::Quote => self.tail = at + 1,
            Position::PlainEscape | Position::QuotedEscape => self.encoded = true,
            _ => {}
        }
    }

    /// Returns the range of the cell, which ends at `end`, and whether it continues after its closing quote.
    fn close(&self, end: usize) -> (CellRange, bool) {
        let start = self.start;
        match (self.quoted, end != self.tail) {
            (false, _) if !self.encoded => (CellRange::Plain { start, end }, false),
            (false, _) => (CellRange::Quoted { start, end }, false),
            (true, false) if !self.encoded => {
                let (start, end) = (start + 1, end - 1);
                (CellRange::Plain { start, end }, false)
            }
            (true, text_after_quote) => (CellRange::Quoted { start, end }, text_after_quote),
        }
    }
}

/// Finds the end of the record at the start of `bytes` and passes its selected cells to `sink`, like
/// [`scan`](super::scan) for tables of RFC 4180. A comment is a record without cells.
pub(crate) fn scan_dialect(
    grammar: &Grammar,
    bytes: &[u8],
    sink: &mut impl CellSink,
    at_end: bool,
) -> Scan {
    let mut scanned = Scanned::default();
    let mut cell = OpenCell::at(0);
    let (mut position, mut at) = (Position::RecordStart, 0);
    loop {
        at = grammar.skip(position, bytes, at);
        let (next, end, len) = match bytes.get(at) {
            Some(byte) => (grammar.next(position, *byte), at, at + 1),
            None if !at_end => return Scan::Incomplete,
            None if position.is_quoted() => return Scan::Unclosed { quote: cell.start },
            None => (Position::RecordStart, at, at),
        };
        let is_comment = position == Position::Comment;
        let ends_record = next == Position::RecordStart;
        if ends_record || next == Position::CellStart {
            let cr = ends_record && len > end && end > cell.tail && bytes[end - 1] == b'\r';
            let end = end - usize::from(cr);
            scanned.len = len;
            if is_comment || (ends_record && scanned.cells == 0 && end == 0) {
                return Scan::Record(scanned);
            }
            let (range, text_after_quote) = cell.close(end);
            if text_after_quote {
                scanned.text_after_quote = true;
                scanned.backslash_quote |= !grammar.backslash && bytes[cell.tail - 2] == b'\\';
            }
            if sink.wants(scanned.cells) {
                sink.take(range);
            }
            scanned.cells += 1;
            if ends_record {
                return Scan::Record(scanned);
            }
            cell = OpenCell::at(len);
        } else {
            cell.advance(position, next, at);
        }
        (position, at) = (next, len);
    }
}

//! Exact search for record boundaries in CSV, at the speed of a search for quotes.
//!
//! A newline ends a record only outside quotes, which depends on every quote before it. The scan therefore reads the
//! file from its start.

use memchr::{memchr, memchr_iter};

use super::{Boundary, UnclosedQuote};
use crate::csv::{Grammar, Position, ScanObserver, State, advance, advance_dialect};

/// Incremental search for record boundaries. The caller feeds it the blocks of a file from the first record on.
#[derive(Debug)]
pub struct CsvScan {
    progress: Progress,
    finder: BoundaryFinder,
}

/// State of the scan before the next block.
#[derive(Debug, Clone, Copy)]
enum Progress {
    /// Table of RFC 4180.
    Standard {
        delimiter: u8,
        state: State,
        /// Last byte before the next block.
        before: u8,
    },
    /// Table in another dialect.
    Dialect(Grammar, Position),
}

impl CsvScan {
    /// Creates a scan of comma-separated records that starts at a record, `start` bytes into the file and in line
    /// `line`. Boundaries lie at least `size` bytes apart.
    pub fn new(start: u64, line: u64, size: u64) -> Self {
        Self::delimited(b',', start, line, size)
    }

    /// Creates a scan like [`CsvScan::new`] for a table with another delimiter.
    pub fn delimited(delimiter: u8, start: u64, line: u64, size: u64) -> Self {
        let target = start.saturating_add(size.max(1));
        let before = (State::Outside, b'\n');
        Self::resume(delimiter, before, start, line, (target, size))
    }

    /// Creates a scan like [`CsvScan::new`] for a table with any grammar.
    pub fn with_grammar(grammar: Grammar, start: u64, line: u64, size: u64) -> Self {
        let mut scan = Self::delimited(grammar.delimiter, start, line, size);
        if !grammar.is_standard() {
            scan.progress = Progress::Dialect(grammar, Position::RecordStart);
        }
        scan
    }

    /// Creates a scan of a table of RFC 4180 that starts anywhere, given the state and the byte before `start`. The first boundary lies at or
    /// after `target`.
    pub(super) fn resume(
        delimiter: u8,
        (state, before): (State, u8),
        start: u64,
        line: u64,
        (target, size): (u64, u64),
    ) -> Self {
        Self {
            progress: Progress::Standard {
                delimiter,
                state,
                before,
            },
            finder: BoundaryFinder {
                size: size.max(1),
                target,
                offset: start,
                line,
                opened: start,
                opened_line: line,
                found: Vec::new(),
            },
        }
    }

    /// Scans the next bytes of the file.
    pub fn feed(&mut self, block: &[u8]) {
        let Some(last) = block.last() else {
            return;
        };
        let mut scan = BlockScan {
            lines: BlockLines {
                block,
                counted: 0,
                line: self.finder.line,
            },
            finder: &mut self.finder,
        };
        match &mut self.progress {
            Progress::Standard {
                delimiter,
                state,
                before,
            } => {
                *state = advance(*delimiter, (*state, *before), block, &mut scan);
                *before = *last;
            }
            Progress::Dialect(grammar, position) => {
                *position = advance_dialect(grammar, *position, block, &mut scan);
            }
        }
        self.finder.line = scan.lines.at(block.len());
        self.finder.offset += block.len() as u64;
    }

    /// Returns the boundaries found so far.
    pub(super) fn found(&self) -> &[Boundary] {
        &self.finder.found
    }

    /// Ends the scan at the end of the file and returns the boundaries inside the file.
    ///
    /// # Errors
    /// A quoted cell is never closed.
    pub fn finish(mut self) -> Result<Vec<Boundary>, UnclosedQuote> {
        let BoundaryFinder { offset, found, .. } = &mut self.finder;
        let is_open = match self.progress {
            Progress::Standard { state, .. } => state == State::Inside,
            Progress::Dialect(_, position) => position.is_quoted(),
        };
        if is_open {
            return Err(UnclosedQuote {
                offset: self.finder.opened,
                line: self.finder.opened_line,
            });
        }
        // No record follows a newline at the very end.
        found.pop_if(|last| last.offset >= *offset);
        Ok(self.finder.found)
    }
}

/// Search state for boundaries.
#[derive(Debug)]
struct BoundaryFinder {
    size: u64,
    /// Lowest offset of the next boundary.
    target: u64,
    /// Offset of the next block in the file.
    offset: u64,
    /// Line number at `offset`, from 1.
    line: u64,
    /// Offset of the quote that opened the current cell.
    opened: u64,
    opened_line: u64,
    found: Vec<Boundary>,
}

/// Scan of one block.
struct BlockScan<'a> {
    finder: &'a mut BoundaryFinder,
    lines: BlockLines<'a>,
}

impl ScanObserver for BlockScan<'_> {
    #[inline]
    fn outside(&mut self, from: usize, to: usize) {
        if self.finder.offset + to as u64 >= self.finder.target {
            self.boundaries(from, to);
        }
    }

    #[inline]
    fn opened(&mut self, at: usize) {
        self.finder.opened = self.finder.offset + at as u64;
        self.finder.opened_line = self.lines.at(at);
    }
}

impl BlockScan<'_> {
    /// Records the boundaries after the newlines of `block[from..to]`, which is outside quotes.
    fn boundaries(&mut self, mut from: usize, to: usize) {
        let finder = &mut *self.finder;
        loop {
            // A newline right before the target starts a record exactly at the target.
            let target = finder.target.saturating_sub(finder.offset + 1);
            from = from.max(usize::try_from(target).unwrap_or(to));
            let region = self.lines.block.get(from..to);
            let Some(newline) = region.and_then(|region| memchr(b'\n', region)) else {
                return;
            };
            from += newline + 1;
            let offset = finder.offset + from as u64;
            finder.found.push(Boundary {
                offset,
                line: Some(self.lines.at(from)),
            });
            finder.target = offset.saturating_add(finder.size);
        }
    }
}

/// Lazy line counter of a block; it inspects each byte at most once.
#[derive(Debug)]
struct BlockLines<'a> {
    block: &'a [u8],
    counted: usize,
    line: u64,
}

impl BlockLines<'_> {
    /// Returns the line number at `at`. Calls must not go backwards.
    fn at(&mut self, at: usize) -> u64 {
        self.line += memchr_iter(b'\n', &self.block[self.counted..at]).count() as u64;
        self.counted = at;
        self.line
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scan(text: &[u8], block: usize, size: u64) -> Result<Vec<Boundary>, UnclosedQuote> {
        scan_table(b',', text, block, size)
    }

    fn scan_table(
        delimiter: u8,
        text: &[u8],
        block: usize,
        size: u64,
    ) -> Result<Vec<Boundary>, UnclosedQuote> {
        let mut scan = CsvScan::delimited(delimiter, 0, 1, size);
        text.chunks(block).for_each(|block| scan.feed(block));
        scan.finish()
    }

    /// Applies the grammar byte by byte. Returns every boundary, or the quote that is never closed.
    fn oracle(delimiter: u8, text: &[u8]) -> Result<Vec<Boundary>, UnclosedQuote> {
        let (mut found, mut line, mut open, mut at) = (Vec::new(), 1, None, 0);
        while at < text.len() {
            let before = if at == 0 { b'\n' } else { text[at - 1] };
            match (text[at], open) {
                (b'"', None) if before == delimiter || before == b'\n' => {
                    open = Some(UnclosedQuote {
                        offset: at as u64,
                        line,
                    });
                }
                (b'"', Some(_)) if text.get(at + 1) == Some(&b'"') => at += 1,
                (b'"', Some(_)) => open = None,
                (b'\n', _) => line += 1,
                _ => {}
            }
            at += 1;
            if text[at - 1] == b'\n' && open.is_none() && at < text.len() {
                found.push(Boundary {
                    offset: at as u64,
                    line: Some(line),
                });
            }
        }
        open.map_or(Ok(found), Err)
    }

    #[test]
    fn newlines_in_quotes_are_not_boundaries() {
        let text = b"a,\"x\ny\"\nb\"\n,\"\"\"\n\"\nc\n";
        let offsets: Vec<_> = scan(text, 3, 1)
            .unwrap()
            .iter()
            .map(|b| (b.offset, b.line.unwrap()))
            .collect();
        assert_eq!(offsets, [(8, 3), (11, 4), (18, 6)]);
    }

    #[test]
    fn the_error_for_an_unclosed_quote_names_its_line() {
        assert_eq!(
            scan(b"a\n\"b\"\nc,\"d\ne\n", 4, 1),
            Err(UnclosedQuote { offset: 8, line: 3 })
        );
        assert_eq!(scan(b"\"a\"", 4, 1), Ok(vec![]));
    }

    proptest! {
        #[test]
        fn the_scan_finds_the_boundaries_of_the_grammar(
            text in "[a,;\"\r\n]{0,60}", block in 1usize..20, size in 1u64..30, comma: bool,
        ) {
            let text = text.as_bytes();
            let delimiter = if comma { b',' } else { b';' };
            let expected = oracle(delimiter, text).map(|all| {
                let mut last = 0;
                all.into_iter().filter(|b| {
                    let far = b.offset >= last + size;
                    if far { last = b.offset; }
                    far
                }).collect()
            });
            prop_assert_eq!(scan_table(delimiter, text, block, size), expected);
        }
    }
}

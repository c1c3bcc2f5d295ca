//! Finding record boundaries in CSV, exactly and at the speed of a search for quotes.
//!
//! Whether a newline ends a record depends on every quote before it, so the file is read from its
//! start. The grammar is that of `reader::csv`; a property test holds the two together.
//!
//! | state   | bytes                    | next    |
//! |---------|--------------------------|---------|
//! | Outside | quote behind `,` or LF   | Inside  |
//! | Outside | any other quote          | Outside |
//! | Inside  | two quotes               | Inside  |
//! | Inside  | quote, then another byte | Outside |
//! | Inside  | quote at a block's end   | Maybe   |
//! | Maybe   | quote                    | Inside  |
//! | Maybe   | any other byte           | Outside |
//!
//! In tables with another delimiter it takes the place of the comma; it is one byte, neither a quote nor a line
//! end.

use memchr::{memchr, memchr_iter};

use super::Boundary;

/// A scan in progress; fed with the blocks of a file from the first record on.
#[derive(Debug)]
pub struct CsvScan {
    delimiter: u8,
    state: State,
    /// The byte before the next block.
    before: u8,
    finder: Finder,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Outside,
    Inside,
    Maybe,
}

/// A quoted cell that never ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnclosedQuote {
    /// Offset of its opening quote in the file, in bytes.
    pub offset: u64,
    /// Line of its opening quote, from 1.
    pub line: u64,
}

impl CsvScan {
    /// Starts at a record: at `start` bytes from the file's beginning, in its line `line`. Boundaries
    /// will lie at least `size` bytes apart.
    pub fn new(start: u64, line: u64, size: u64) -> Self {
        Self::delimited(b',', start, line, size)
    }

    /// As [`CsvScan::new`], for a table with this delimiter.
    pub fn delimited(delimiter: u8, start: u64, line: u64, size: u64) -> Self {
        let target = start.saturating_add(size.max(1));
        let before = (State::Outside, b'\n');
        Self::resume(delimiter, before, start, line, (target, size))
    }

    /// Starts anywhere: in a known state, behind a known byte. The first boundary will lie at or behind
    /// `target`.
    pub(super) fn resume(
        delimiter: u8,
        (state, before): (State, u8),
        start: u64,
        line: u64,
        (target, size): (u64, u64),
    ) -> Self {
        Self {
            delimiter,
            state,
            before,
            finder: Finder {
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

    /// Takes the next bytes of the file.
    pub fn feed(&mut self, block: &[u8]) {
        let Some(last) = block.last() else {
            return;
        };
        let mut seen = Seen {
            lines: Lines {
                block,
                counted: 0,
                line: self.finder.line,
            },
            finder: &mut self.finder,
        };
        let from = (self.state, self.before);
        self.state = advance(self.delimiter, from, block, &mut seen);
        self.finder.line = seen.lines.at(block.len());
        self.finder.offset += block.len() as u64;
        self.before = *last;
    }

    /// The boundaries found so far.
    pub(super) fn found(&self) -> &[Boundary] {
        &self.finder.found
    }

    /// The boundaries inside the file, now that all of it was fed; or the quote that never ends.
    pub fn finish(mut self) -> Result<Vec<Boundary>, UnclosedQuote> {
        let Finder { offset, found, .. } = &mut self.finder;
        if self.state == State::Inside {
            return Err(UnclosedQuote {
                offset: self.finder.opened,
                line: self.finder.opened_line,
            });
        }
        // A newline at the very end has no record behind it.
        found.pop_if(|last| last.offset >= *offset);
        Ok(self.finder.found)
    }
}

/// What a scan tells of the bytes it passes.
pub(super) trait Watch {
    /// `block[from..to]` is outside quotes.
    fn outside(&mut self, from: usize, to: usize);
    /// The quote at this place opens a cell.
    fn opened(&mut self, at: usize);
}

/// Nobody wants to know.
impl Watch for () {
    fn outside(&mut self, _: usize, _: usize) {}
    fn opened(&mut self, _: usize) {}
}

/// The state behind `block`, from the state and the byte before it.
#[inline]
pub(super) fn advance(
    delimiter: u8,
    (mut state, before): (State, u8),
    block: &[u8],
    watch: &mut impl Watch,
) -> State {
    let mut at = 0;
    while at < block.len() {
        (state, at) = match state {
            State::Maybe if block[at] == b'"' => (State::Inside, at + 1),
            State::Maybe => (State::Outside, at),
            State::Inside => inside(block, at),
            State::Outside => {
                let quote = memchr(b'"', &block[at..]).map_or(block.len(), |quote| at + quote);
                watch.outside(at, quote);
                let before = if quote == 0 { before } else { block[quote - 1] };
                let opens = before == delimiter || before == b'\n';
                if quote < block.len() && opens {
                    watch.opened(quote);
                    (State::Inside, quote + 1)
                } else {
                    (State::Outside, quote + 1)
                }
            }
        };
    }
    state
}

/// From `at`, inside quotes, to behind the quote that ends them, or a doubled one.
#[inline]
fn inside(block: &[u8], at: usize) -> (State, usize) {
    let Some(quote) = memchr(b'"', &block[at..]) else {
        return (State::Inside, block.len());
    };
    let behind = at + quote + 1;
    match block.get(behind) {
        Some(b'"') => (State::Inside, behind + 1),
        Some(_) => (State::Outside, behind),
        None => (State::Maybe, behind),
    }
}

/// Looks for boundaries.
#[derive(Debug)]
struct Finder {
    size: u64,
    /// The next boundary lies at or behind this offset.
    target: u64,
    /// Offset in the file of the next block.
    offset: u64,
    /// Line number at `offset`, from 1.
    line: u64,
    /// Offset of the quote that opened the cell that the scan is in.
    opened: u64,
    opened_line: u64,
    found: Vec<Boundary>,
}

/// A block that a finder looks at.
struct Seen<'a> {
    finder: &'a mut Finder,
    lines: Lines<'a>,
}

impl Watch for Seen<'_> {
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

impl Seen<'_> {
    /// Notes the boundaries behind the newlines of `block[from..to]`, which is outside quotes.
    fn boundaries(&mut self, mut from: usize, to: usize) {
        let finder = &mut *self.finder;
        loop {
            // A newline right before the target puts a record on it.
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

/// Counts the lines of a block as far as was asked, each byte once.
#[derive(Debug)]
struct Lines<'a> {
    block: &'a [u8],
    counted: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line number at `at`, which is not before what was asked last.
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

    /// The grammar byte by byte: every boundary, or the quote that never ends.
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
    fn newlines_in_quotes_are_no_boundaries() {
        let text = b"a,\"x\ny\"\nb\"\n,\"\"\"\n\"\nc\n";
        let offsets: Vec<_> = scan(text, 3, 1)
            .unwrap()
            .iter()
            .map(|b| (b.offset, b.line.unwrap()))
            .collect();
        assert_eq!(offsets, [(8, 3), (11, 4), (18, 6)]);
    }

    #[test]
    fn an_unclosed_quote_is_named_by_its_line() {
        assert_eq!(
            scan(b"a\n\"b\"\nc,\"d\ne\n", 4, 1),
            Err(UnclosedQuote { offset: 8, line: 3 })
        );
        assert_eq!(scan(b"\"a\"", 4, 1), Ok(vec![]));
    }

    proptest! {
        #[test]
        fn it_finds_what_the_grammar_says(
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

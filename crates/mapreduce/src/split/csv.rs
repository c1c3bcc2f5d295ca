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

use memchr::{memchr, memchr_iter};

use super::Boundary;

/// A scan in progress; fed with the blocks of a file from the first record on.
#[derive(Debug)]
pub struct CsvScan {
    size: u64,
    /// The next boundary lies at or behind this offset.
    target: u64,
    /// Offset in the file of the next block.
    offset: u64,
    /// Line number at `offset`, from 1.
    line: u64,
    state: State,
    /// The byte before the next block.
    before: u8,
    /// Offset of the quote that opened the cell that the scan is in.
    opened: u64,
    opened_line: u64,
    found: Vec<Boundary>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
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
        Self {
            size: size.max(1),
            target: start.saturating_add(size.max(1)),
            offset: start,
            line,
            state: State::Outside,
            before: b'\n',
            opened: start,
            opened_line: line,
            found: Vec::new(),
        }
    }

    /// Takes the next bytes of the file.
    pub fn feed(&mut self, block: &[u8]) {
        let Some(last) = block.last() else {
            return;
        };
        let mut lines = Lines {
            block,
            counted: 0,
            line: self.line,
        };
        let mut at = 0;
        while at < block.len() {
            at = match self.state {
                State::Maybe if block[at] == b'"' => {
                    self.state = State::Inside;
                    at + 1
                }
                State::Maybe => {
                    self.state = State::Outside;
                    at
                }
                State::Inside => self.inside(block, at),
                State::Outside => self.outside(block, at, &mut lines),
            };
        }
        self.before = *last;
        self.line = lines.at(block.len());
        self.offset += block.len() as u64;
    }

    /// The boundaries inside the file, now that all of it was fed; or the quote that never ends.
    pub fn finish(mut self) -> Result<Vec<Boundary>, UnclosedQuote> {
        if self.state == State::Inside {
            return Err(UnclosedQuote {
                offset: self.opened,
                line: self.opened_line,
            });
        }
        // A newline at the very end has no record behind it.
        self.found.pop_if(|last| last.offset >= self.offset);
        Ok(self.found)
    }

    /// From `at`, inside quotes, to behind the quote that ends them.
    #[inline]
    fn inside(&mut self, block: &[u8], at: usize) -> usize {
        let Some(quote) = memchr(b'"', &block[at..]) else {
            return block.len();
        };
        let behind = at + quote + 1;
        match block.get(behind) {
            Some(b'"') => behind + 1,
            Some(_) => {
                self.state = State::Outside;
                behind
            }
            None => {
                self.state = State::Maybe;
                behind
            }
        }
    }

    /// From `at`, outside quotes, to behind the next quote.
    #[inline]
    fn outside(&mut self, block: &[u8], at: usize, lines: &mut Lines<'_>) -> usize {
        let quote = memchr(b'"', &block[at..]).map_or(block.len(), |quote| at + quote);
        if self.offset + quote as u64 >= self.target {
            self.boundaries(block, at, quote, lines);
        }
        if quote == block.len() {
            return quote;
        }
        let before = if quote == 0 {
            self.before
        } else {
            block[quote - 1]
        };
        if matches!(before, b',' | b'\n') {
            self.state = State::Inside;
            self.opened = self.offset + quote as u64;
            self.opened_line = lines.at(quote);
        }
        quote + 1
    }

    /// Notes the boundaries behind the newlines of `block[from..to]`, which is outside quotes.
    fn boundaries(&mut self, block: &[u8], mut from: usize, to: usize, lines: &mut Lines<'_>) {
        loop {
            // A newline right before the target puts a record on it.
            let target = usize::try_from(self.target.saturating_sub(self.offset + 1)).unwrap_or(to);
            from = from.max(target);
            let Some(newline) = block.get(from..to).and_then(|region| memchr(b'\n', region)) else {
                return;
            };
            from += newline + 1;
            let offset = self.offset + from as u64;
            self.found.push(Boundary {
                offset,
                line: Some(lines.at(from)),
            });
            self.target = offset.saturating_add(self.size);
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
        let mut scan = CsvScan::new(0, 1, size);
        text.chunks(block).for_each(|block| scan.feed(block));
        scan.finish()
    }

    /// The grammar byte by byte: every boundary, or the quote that never ends.
    fn oracle(text: &[u8]) -> Result<Vec<Boundary>, UnclosedQuote> {
        let (mut found, mut line, mut open, mut at) = (Vec::new(), 1, None, 0);
        while at < text.len() {
            let before = if at == 0 { b'\n' } else { text[at - 1] };
            match (text[at], open) {
                (b'"', None) if matches!(before, b',' | b'\n') => {
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
        fn it_finds_what_the_grammar_says(text in "[a,\"\r\n]{0,60}", block in 1usize..20, size in 1u64..30) {
            let text = text.as_bytes();
            let expected = oracle(text).map(|all| {
                let mut last = 0;
                all.into_iter().filter(|b| {
                    let far = b.offset >= last + size;
                    if far { last = b.offset; }
                    far
                }).collect()
            });
            prop_assert_eq!(scan(text, block, size), expected);
        }
    }
}

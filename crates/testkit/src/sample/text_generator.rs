//! Random lines of text that are the same in every run.

use std::fmt::Write;

use fastrand::Rng;

/// Words that tokenizers could get wrong: upper case, punctuation, letters beyond ASCII, other white space.
/// One of them is longer than seven letters, which a test of counters needs.
const ODD_WORDS: [&str; 13] = [
    "The",
    "it's",
    "naïve",
    "ÉCOLE",
    "1,000",
    "--",
    "a\tb",
    "x\u{a0}y",
    "straße",
    "漢字",
    "…end",
    "\"q\"",
    "Extraordinary",
];
/// Number of distinct ordinary words; small enough that each of them occurs often.
const WORDS: u64 = 5000;

/// Generator of lines.
#[derive(Debug)]
pub(super) struct TextGenerator {
    pub(super) rng: Rng,
}

impl TextGenerator {
    /// Creates a generator; equal seeds give equal lines.
    pub(super) fn new(seed: u64) -> Self {
        let rng = Rng::with_seed(seed);
        Self { rng }
    }

    /// Returns true in one of `cases` cases.
    pub(super) fn one_in(&mut self, cases: u32) -> bool {
        self.rng.u32(..cases) == 0
    }

    /// Returns a line of up to 13 words, without a line ending.
    pub(super) fn line(&mut self) -> String {
        let mut line = String::new();
        for _ in 0..self.rng.u32(..14) {
            if self.one_in(10) {
                line += ODD_WORDS[self.rng.usize(..ODD_WORDS.len())];
            } else {
                // Low numbers are more likely, like the frequent words of a language.
                let most = self.rng.u64(1..=WORDS);
                write!(line, "w{}", self.rng.u64(..most)).expect("a string accepts text");
            }
            line += if self.one_in(20) { "  " } else { " " };
        }
        if self.rng.bool() {
            line.pop();
        }
        line
    }
}

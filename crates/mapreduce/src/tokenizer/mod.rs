//! How a record becomes words.

mod spaces;
mod words;

use serde::{Deserialize, Serialize};

pub use crate::record::Record;
pub use spaces::each_between_spaces;
pub use words::Words;

/// The two ways to cut a record.
///
/// ```
/// use mapreduce::Tokenizer;
/// let cut = |tokenizer: Tokenizer, record: &str| {
///     let mut words = Vec::new();
///     tokenizer.cutter().each(record.as_bytes().into(), |word| {
///         words.push(String::from_utf8(word.bytes().to_vec()).unwrap());
///     });
///     words
/// };
/// assert_eq!(cut(Tokenizer::Words, "Don't  stop, ΟΔΟΣ!"), ["dont", "stop", "οδος"]);
/// assert_eq!(cut(Tokenizer::Spaces, "Don't  stop,"), ["Don't", "", "stop,"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tokenizer {
    /// Lower-case, cut at white space, keep letters and digits, drop what is empty.
    #[default]
    Words,
    /// Cut at each single space; empty strings count.
    Spaces,
}

impl Tokenizer {
    /// A cutter of this kind; it keeps a buffer, so one serves many records.
    pub fn cutter(self) -> Cutter {
        match self {
            Self::Words => Cutter::Words(Words::default()),
            Self::Spaces => Cutter::Spaces,
        }
    }
}

/// A tokenizer at work.
#[derive(Debug)]
pub enum Cutter {
    /// See [`Tokenizer::Words`].
    Words(Words),
    /// See [`Tokenizer::Spaces`].
    Spaces,
}

impl Cutter {
    /// Calls `emit` with every word of `record`, which must be UTF-8.
    #[inline]
    pub fn each(&mut self, record: Record<'_>, emit: impl FnMut(Word<'_>)) {
        match self {
            Self::Words(words) => words.each(record.bytes(), emit),
            Self::Spaces => each_between_spaces(record, emit),
        }
    }
}

/// A word where it was found: with what lies behind it in memory, as [`Record`].
#[derive(Debug, Clone, Copy)]
pub struct Word<'a> {
    text: &'a [u8],
    len: usize,
}

impl<'a> Word<'a> {
    /// The first `len` bytes of `text`; the caller knows that there are so many.
    #[inline]
    pub(crate) fn prefix(text: &'a [u8], len: usize) -> Self {
        Self { text, len }
    }

    /// The word itself.
    #[inline]
    pub fn bytes(&self) -> &'a [u8] {
        &self.text[..self.len]
    }

    /// The word's first byte, all that is known to lie behind it, and the word's length.
    #[inline]
    pub(crate) fn with_rest(&self) -> (&'a [u8], usize) {
        (self.text, self.len)
    }
}

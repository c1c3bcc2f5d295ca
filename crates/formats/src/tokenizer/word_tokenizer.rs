//! Tokenizer that a job selects at run time.

use mapreduce_core::{Record, Tokenizer, Word};

use super::spaces::each_between_spaces;
use super::words::Words;

/// Tokenizer that a job selects at run time.
///
/// ```
/// use mapreduce_core::Tokenizer;
/// use mapreduce_formats::tokenizer::WordTokenizer;
/// let cut = |tokenizer: Tokenizer, record: &str| {
///     let mut words = Vec::new();
///     WordTokenizer::new(tokenizer).each(record.as_bytes().into(), |word| {
///         words.push(String::from_utf8(word.bytes().to_vec()).unwrap());
///     });
///     words
/// };
/// assert_eq!(cut(Tokenizer::Words, "Don't  stop, ΟΔΟΣ!"), ["dont", "stop", "οδος"]);
/// assert_eq!(cut(Tokenizer::Spaces, "Don't  stop,"), ["Don't", "", "stop,"]);
/// ```
#[derive(Debug)]
pub enum WordTokenizer {
    /// Implementation of [`Tokenizer::Words`].
    Words(Words),
    /// Implementation of [`Tokenizer::Spaces`].
    Spaces,
}

impl WordTokenizer {
    /// Creates a tokenizer. It reuses its buffer, so create one for many records.
    pub fn new(tokenizer: Tokenizer) -> Self {
        match tokenizer {
            Tokenizer::Words => Self::Words(Words::default()),
            Tokenizer::Spaces => Self::Spaces,
        }
    }

    /// Calls `emit` with every word of `record`, which must be UTF-8.
    #[inline]
    pub fn each(&mut self, record: Record<'_>, emit: impl FnMut(Word<'_>)) {
        match self {
            Self::Words(words) => words.each(record.bytes(), emit),
            Self::Spaces => each_between_spaces(record, emit),
        }
    }
}

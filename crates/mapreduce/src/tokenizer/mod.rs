//! How a record becomes words.

mod spaces;
mod words;

use serde::{Deserialize, Serialize};

pub use spaces::each_between_spaces;
pub use words::Words;

/// The two ways to cut a record.
///
/// ```
/// use mapreduce::Tokenizer;
/// let cut = |tokenizer: Tokenizer, record: &str| {
///     let mut words = Vec::new();
///     tokenizer.cutter().each(record.as_bytes(), |word| {
///         words.push(String::from_utf8(word.to_vec()).unwrap());
///     });
///     words
/// };
/// assert_eq!(cut(Tokenizer::Words, "Don't  stop, ΟΔΟΣ!"), ["dont", "stop", "οδος"]);
/// assert_eq!(cut(Tokenizer::Spaces, "Don't  stop,"), ["Don't", "", "stop,"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tokenizer {
    /// Lower-case, cut at white space, keep letters and digits, drop what is empty.
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
    pub fn each(&mut self, record: &[u8], emit: impl FnMut(&[u8])) {
        match self {
            Self::Words(words) => words.each(record, emit),
            Self::Spaces => each_between_spaces(record, emit),
        }
    }
}

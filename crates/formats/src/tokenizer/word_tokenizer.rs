//! Tokenizer that a job selects at run time.

use mapreduce_core::{Record, Tokenizer, Word};

use super::spaces::each_between_spaces;
use super::unicode::UnicodeWords;
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
/// assert_eq!(cut(Tokenizer::Unicode, "Don't  stop,"), ["don't", "stop"]);
/// ```
#[derive(Debug)]
pub enum WordTokenizer {
    /// Implementation of [`Tokenizer::Words`].
    Words(Words),
    /// Implementation of [`Tokenizer::Spaces`].
    Spaces,
    /// Implementation of [`Tokenizer::Unicode`].
    Unicode(UnicodeWords),
}

impl WordTokenizer {
    /// Creates a tokenizer. It reuses its buffer, so create one for many records.
    pub fn new(tokenizer: Tokenizer) -> Self {
        match tokenizer {
            Tokenizer::Words => Self::Words(Words::default()),
            Tokenizer::Spaces => Self::Spaces,
            Tokenizer::Unicode => Self::Unicode(UnicodeWords::default()),
        }
    }

    /// Calls `emit` with every word of `record`. Words are UTF-8: each invalid sequence counts as U+FFFD.
    #[inline]
    pub fn each(&mut self, record: Record<'_>, mut emit: impl FnMut(Word<'_>)) {
        match self {
            Self::Words(words) => words.each(record.bytes(), emit),
            Self::Spaces if record.has_invalid_utf8() => each_of_invalid(record, &mut emit),
            Self::Spaces => each_between_spaces(record, emit),
            Self::Unicode(words) => words.each(&record.text(), emit),
        }
    }
}

/// Calls `emit` with every word between single spaces of a record with invalid UTF-8.
#[cold]
fn each_of_invalid(record: Record<'_>, emit: &mut dyn FnMut(Word<'_>)) {
    each_between_spaces(record.text().as_bytes().into(), emit);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_invalid_utf8_are_text_with_every_tokenizer() {
        let record = Record::from(&b"Caf\xe9 \xff\xff x"[..]).with_invalid_utf8();
        for (tokenizer, expected) in [
            (Tokenizer::Words, &["caf", "x"][..]),
            (Tokenizer::Spaces, &["Caf\u{fffd}", "\u{fffd}\u{fffd}", "x"]),
            (Tokenizer::Unicode, &["caf", "x"]),
        ] {
            let mut words = Vec::new();
            WordTokenizer::new(tokenizer).each(record, |word| {
                words.push(String::from_utf8(word.bytes().to_vec()).unwrap());
            });
            assert_eq!(words, expected, "{tokenizer:?}");
        }
    }
}

//! Tokenizer that follows the word boundaries of Unicode.

use mapreduce_core::Word;
use unicode_normalization::{UnicodeNormalization, is_nfc};
use unicode_segmentation::UnicodeSegmentation;

/// Tokenizer that divides text at the word boundaries of Unicode (UAX #29).
///
/// Segments without letters and digits are not words. Words are converted to lower case and to normalization form C.
/// Therefore a combining mark belongs to its word, and `é` counts as one word however it is encoded.
#[derive(Debug, Default)]
pub struct UnicodeWords {
    /// Buffer of the current word.
    word: String,
}

impl UnicodeWords {
    /// Calls `emit` with every word of `text`.
    pub fn each(&mut self, text: &str, mut emit: impl FnMut(Word<'_>)) {
        for segment in text.unicode_words() {
            self.word.clear();
            if segment.is_ascii() {
                self.word.push_str(segment);
                self.word.make_ascii_lowercase();
            } else {
                let lower = segment.to_lowercase();
                match is_nfc(&lower) {
                    true => self.word.push_str(&lower),
                    false => self.word.extend(lower.nfc()),
                }
            }
            emit(Word::prefix(self.word.as_bytes(), self.word.len()));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(text: &str) -> Vec<String> {
        let mut words = Vec::new();
        UnicodeWords::default().each(text, |word| {
            words.push(String::from_utf8(word.bytes().to_vec()).unwrap());
        });
        words
    }

    #[test]
    fn punctuation_belongs_to_a_word_only_between_its_letters_and_digits() {
        assert_eq!(
            cut("Don't stop-it, now... -- 3.14 A_B x@y"),
            ["don't", "stop", "it", "now", "3.14", "a_b", "x", "y"]
        );
        assert!(cut(" \t -- \r\n ☃ \u{fffd}").is_empty());
    }

    #[test]
    fn combining_marks_belong_to_their_word() {
        assert_eq!(cut("cafe\u{301} CAF\u{c9}"), ["café", "café"]);
        assert_eq!(cut("हिन्दी"), ["हिन्दी"]);
        assert_eq!(cut("ΟΔΟΣ"), ["οδος"]);
    }

    proptest! {
        #[test]
        fn words_are_lower_case_in_normalization_form_c(text in "\\PC{0,40}", mixed in "[aÉe\u{301}\u{323} 'σΣİ]{0,30}") {
            for word in [text, mixed].iter().flat_map(|text| cut(text)) {
                prop_assert!(is_nfc(&word), "{word:?}");
                prop_assert!(word.chars().any(char::is_alphanumeric), "{word:?}");
            }
        }
    }
}

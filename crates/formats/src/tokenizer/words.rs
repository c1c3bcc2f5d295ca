//! Default tokenizer: lower-case letters and digits between white space.

use mapreduce_core::Word;

/// Tokenizer that divides records into lower-case words.
///
/// It converts a record with `str::to_lowercase`, splits it at Unicode white space and keeps only alphanumeric
/// characters. ASCII uses a table. Other text uses the standard library, one chunk between ASCII white space at a time.
///
/// A conversion by chunks gives the same words as a conversion of the whole record. The only rule that depends on
/// neighbors, that for the final sigma, does not look beyond white space.
#[derive(Debug, Default)]
pub struct Words {
    /// Buffer of the current word, with padding for [`Word`].
    word: Vec<u8>,
}

/// Length of the padding after the longest word so far, in bytes.
const PADDING: usize = 16;

impl Words {
    /// Calls `emit` with every word of `record`. Each invalid UTF-8 sequence counts as U+FFFD, which is not alphanumeric.
    #[inline]
    pub fn each(&mut self, record: &[u8], mut emit: impl FnMut(Word<'_>)) {
        let mut at = 0;
        while at < record.len() {
            at = self.chunk(record, at, &mut emit);
        }
    }

    /// Processes the chunk from `start` to the next ASCII white space. Returns the start of the next chunk.
    #[inline]
    fn chunk(&mut self, record: &[u8], start: usize, emit: &mut impl FnMut(Word<'_>)) -> usize {
        // Most words fit the buffer, so it rarely grows.
        let mut len = 0;
        let mut end = start;
        for byte in &record[start..] {
            let kept = TABLE[*byte as usize];
            if kept == SPACE {
                break;
            }
            if kept == BEYOND_ASCII {
                return other_scripts(record, start, emit);
            }
            if len + PADDING >= self.word.len() {
                self.word.resize((len * 2).max(64), 0);
            }
            self.word[len] = kept;
            // This avoids a branch: the next byte overwrites a dropped one.
            len += usize::from(kept != DROP);
            end += 1;
        }
        if len > 0 {
            emit(Word::prefix(&self.word, len));
        }
        end + 1
    }
}

/// Slow path for a chunk with a character outside ASCII.
#[cold]
fn other_scripts(record: &[u8], start: usize, emit: &mut impl FnMut(Word<'_>)) -> usize {
    let rest = &record[start..];
    let len = rest
        .iter()
        .position(|byte| TABLE[*byte as usize] == SPACE)
        .unwrap_or(rest.len());
    let chunk = String::from_utf8_lossy(&rest[..len]);
    for word in chunk.to_lowercase().split_whitespace() {
        let kept: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
        if !kept.is_empty() {
            emit(Word::prefix(kept.as_bytes(), kept.len()));
        }
    }
    start + len + 1
}

const DROP: u8 = 0;
const SPACE: u8 = 1;
const BEYOND_ASCII: u8 = 2;

/// Lower-case form of each byte, or one of the three markers above, which are not alphanumeric.
static TABLE: [u8; 256] = table();

const fn table() -> [u8; 256] {
    let mut table = [DROP; 256];
    let mut byte = 0;
    while byte < 256 {
        let b = byte as u8;
        table[byte] = if b.is_ascii_alphanumeric() {
            b.to_ascii_lowercase()
        } else if b == b' ' || (b >= 0x09 && b <= 0x0d) {
            SPACE
        } else if b >= 0x80 {
            BEYOND_ASCII
        } else {
            DROP
        };
        byte += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(record: impl AsRef<[u8]>) -> Vec<String> {
        let mut words = Vec::new();
        Words::default().each(record.as_ref(), |word| {
            let word = word.bytes();
            words.push(String::from_utf8(word.to_vec()).unwrap());
        });
        words
    }

    /// Returns the words by definition, from the whole record.
    fn definition(record: &str) -> Vec<String> {
        record
            .to_lowercase()
            .split(char::is_whitespace)
            .map(|word| word.chars().filter(|c| c.is_alphanumeric()).collect())
            .filter(|word: &String| !word.is_empty())
            .collect()
    }

    #[test]
    fn punctuation_is_dropped_inside_words_too() {
        assert_eq!(
            cut("Don't stop-it, now... -- 4th!"),
            ["dont", "stopit", "now", "4th"]
        );
        assert!(cut(" \t -- \r\n").is_empty());
    }

    #[test]
    fn other_scripts_are_lower_cased() {
        assert_eq!(cut("ΟΔΟΣ ΣΑΣ' x"), ["οδος", "σας", "x"]);
        assert_eq!(
            cut("É\u{a0}ß \u{2003}İ"),
            ["é", "ß", "i̇".trim_end_matches('\u{307}')]
        );
    }

    #[test]
    fn control_characters_other_than_white_space_do_not_separate_words() {
        assert_eq!(cut("a\u{1c}b\0c"), ["abc"]);
    }

    proptest! {
        #[test]
        fn invalid_utf8_gives_the_words_of_its_repaired_text(record in prop::collection::vec(
            prop::sample::select(b"aZ \xc3\xa9\xff\xe2\x82\xcf\x83.".to_vec()), 0..30,
        )) {
            prop_assert_eq!(cut(&record), definition(&String::from_utf8_lossy(&record)));
        }

        #[test]
        fn words_equal_those_of_the_definition(record in "\\PC{0,40}", mixed in "[aZ9 \u{b}\u{85}Σσ'éİ\u{3000}\u{1c}.]{0,40}") {
            for record in [&record, &mixed] {
                prop_assert_eq!(cut(record), definition(record));
            }
        }
    }
}

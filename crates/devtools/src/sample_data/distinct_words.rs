//! Text without a repeated word, the worst case for a word count.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::Context;

use super::generated_size::GeneratedSize;
use super::tweet_files::BUFFER;

/// Digits of base 32 in byte order, so that words sort like their numbers.
const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
/// Number of characters in a word.
const LEN: u32 = 10;
/// Number of bits in the number of a word.
const BITS: u32 = 5 * LEN;
/// Factor between the position of a word in the text and its number.
///
/// It is odd, so the multiplication modulo a power of 2 maps distinct positions to distinct numbers. It is close to the
/// golden section of 2^50, so neighbours in the text are far apart in sorted order.
const STEP: u64 = 0x2_78DD_E6E5_FD29;
/// Number of words in a line.
const LINE: u64 = 12;

/// Writes a text of `words` distinct words to `output`.
pub(super) fn generate(output: &Path, words: u64) -> anyhow::Result<GeneratedSize> {
    if let Some(folder) = output.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create folder {}", folder.display()))?;
    }
    let written = File::create(output).and_then(|file| {
        let mut out = BufWriter::with_capacity(BUFFER, file);
        let written = write(&mut out, words)?;
        out.flush()?;
        Ok(written)
    });
    written.with_context(|| format!("cannot write {}", output.display()))
}

fn write(out: &mut impl Write, words: u64) -> io::Result<GeneratedSize> {
    for number in 0..words {
        let mut word = [0; LEN as usize + 1];
        let scattered = number.wrapping_mul(STEP);
        for (at, digit) in word[..LEN as usize].iter_mut().enumerate() {
            *digit = DIGITS[(scattered >> (BITS - 5 * (at as u32 + 1))) as usize % DIGITS.len()];
        }
        let last = number + 1 == words || (number + 1).is_multiple_of(LINE);
        word[LEN as usize] = if last { b'\n' } else { b' ' };
        out.write_all(&word)?;
    }
    Ok(GeneratedSize {
        rows: words.div_ceil(LINE),
        bytes: words * u64::from(LEN + 1),
        words,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn all_words_are_distinct() {
        let mut text = Vec::new();
        let written = write(&mut text, 100_001).unwrap();
        let text = String::from_utf8(text).unwrap();
        let words: HashSet<&str> = text.split_whitespace().collect();
        assert_eq!(words.len(), 100_001);
        assert_eq!(
            (written.rows, written.bytes, written.words),
            (text.lines().count() as u64, text.len() as u64, 100_001)
        );
    }
}

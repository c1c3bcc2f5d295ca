//! Text of words that are all different: the worst input for whoever counts.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::Context;

use super::{BUFFER, Written};

/// Letters and digits in the order of their bytes, so that the order of words is that of their numbers.
const DIGITS: &[u8; 32] = b"0123456789abcdefghijklmnopqrstuv";
/// Characters of a word.
const LEN: u32 = 10;
/// Bits of a word's number.
const BITS: u32 = 5 * LEN;
/// Odd, so that multiplying by it modulo a power of 2 keeps different numbers different; near the golden
/// section of 2^50, so that neighbours in the text are far apart in every order.
const STEP: u64 = 0x2_78DD_E6E5_FD29;
/// Words in a line.
const LINE: u64 = 12;

/// Writes a text of `words` words, no two of them equal, to `output`.
pub(super) fn generate(output: &Path, words: u64) -> anyhow::Result<Written> {
    if let Some(folder) = output.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let written = File::create(output).and_then(|file| {
        let mut out = BufWriter::with_capacity(BUFFER, file);
        let written = write(&mut out, words)?;
        out.flush()?;
        Ok(written)
    });
    written.with_context(|| format!("cannot write {}", output.display()))
}

fn write(out: &mut impl Write, words: u64) -> io::Result<Written> {
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
    Ok(Written {
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
    fn no_two_words_are_equal() {
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

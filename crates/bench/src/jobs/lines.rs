//! Lines of 100 bytes that start with a random key, as in sort benchmarks.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use devtools::random::Random;

/// Length of a line in bytes, including its newline.
pub(super) const LINE: usize = 100;
/// Text that only few lines contain.
pub(super) const NEEDLE: &str = "needle";

/// One line in this many contains [`NEEDLE`].
const RARE: u64 = 100_000;
/// Length of the key in bytes.
const KEY: usize = 11;
/// Characters of keys.
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Source of the text after the key. Each line starts at another position.
const TEXT: &[u8] = b"the rest of a line is there to be carried along and never to be looked at by whoever sorts \
    but it is words so that a search has something to pass over and here and there a letter that the word looked for \
    begins with or ends with and then nothing more of ";

/// Returns the file with this many lines, generated on first use.
pub(super) fn input(folder: &Path, count: u64, seed: u64) -> anyhow::Result<PathBuf> {
    // The version changes with the generator, so that an old file cannot pass for a new one.
    let path = folder.join(format!("lines-v1-{seed}-{count}.txt"));
    if !path.is_file() {
        println!("generating {}", path.display());
        let unfinished = path.with_extension("part");
        write(&unfinished, count, seed)
            .with_context(|| format!("cannot write {}", unfinished.display()))?;
        fs::rename(&unfinished, &path)
            .with_context(|| format!("cannot rename to {}", path.display()))?;
    }
    Ok(path)
}

fn write(path: &Path, count: u64, seed: u64) -> io::Result<()> {
    let mut file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    for index in 0..count {
        file.write_all(&line(index, seed))?;
    }
    file.flush()
}

fn line(index: u64, seed: u64) -> [u8; LINE] {
    let mut random = Random::new(seed, index);
    let mut line = [b'\n'; LINE];
    let mut bits = u128::from(random.bits()) << 64 | u128::from(random.bits());
    for letter in &mut line[..KEY] {
        *letter = LETTERS[(bits % 64) as usize];
        bits >>= 6;
    }
    line[KEY] = b' ';
    let rest = &mut line[KEY + 1..LINE - 1];
    let from = random.below((TEXT.len() - rest.len()) as u32) as usize;
    rest.copy_from_slice(&TEXT[from..from + rest.len()]);
    // Line 7 is the first one, so that small files contain one too.
    if index % RARE == 7 {
        rest[30..30 + NEEDLE.len()].copy_from_slice(NEEDLE.as_bytes());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_the_same_length_and_distinct_keys() {
        let folder = tempfile::tempdir().unwrap();
        let text = fs::read_to_string(input(folder.path(), 1000, 1).unwrap()).unwrap();
        let mut keys: Vec<&str> = text.lines().map(|line| &line[..KEY]).collect();
        assert!(text.lines().all(|line| line.len() + 1 == LINE));
        keys.sort_unstable();
        keys.dedup();
        assert_eq!((keys.len(), text.len()), (1000, 1000 * LINE));
        assert_eq!(text.matches(NEEDLE).count(), 1);
        let other = input(folder.path(), 1000, 2).unwrap();
        assert_ne!(fs::read_to_string(other).unwrap(), text);
    }
}

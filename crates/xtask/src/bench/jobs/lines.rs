//! Lines of 100 bytes that begin with a random key, as benchmarks of sorting have them.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::rng::Rng;

/// Bytes of a line, with its end.
pub(super) const LINE: usize = 100;
/// What few lines hold.
pub(super) const NEEDLE: &str = "needle";

/// One line in so many holds [`NEEDLE`].
const RARE: u64 = 100_000;
const KEY: usize = 11;
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/// Lines take their rest from here, each from another place.
const TEXT: &[u8] = b"the rest of a line is there to be carried along and never to be looked at by whoever sorts \
    but it is words so that a search has something to pass over and here and there a letter that the word looked for \
    begins with or ends with and then nothing more of ";

/// The file of so many lines; made on first use.
pub(super) fn input(folder: &Path, count: u64, seed: u64) -> anyhow::Result<PathBuf> {
    // The version changes when what is made does, so that no old file passes for a new one.
    let path = folder.join(format!("lines-v1-{seed}-{count}.txt"));
    if !path.is_file() {
        println!("making {}", path.display());
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
    let mut rng = Rng::new(seed, index);
    let mut line = [b'\n'; LINE];
    let mut bits = u128::from(rng.next()) << 64 | u128::from(rng.next());
    for letter in &mut line[..KEY] {
        *letter = LETTERS[(bits % 64) as usize];
        bits >>= 6;
    }
    line[KEY] = b' ';
    let rest = &mut line[KEY + 1..LINE - 1];
    let from = rng.below((TEXT.len() - rest.len()) as u32) as usize;
    rest.copy_from_slice(&TEXT[from..from + rest.len()]);
    // The eighth has it, so that few lines are enough to find one.
    if index % RARE == 7 {
        rest[30..30 + NEEDLE.len()].copy_from_slice(NEEDLE.as_bytes());
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_of_one_length_and_begin_with_keys_that_differ() {
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

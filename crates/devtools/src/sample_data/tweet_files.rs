//! Files of tweets.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;

use super::generated_size::GeneratedSize;
use super::tweet::{HEADER, Tweets};

/// Size of the write buffer in bytes. It keeps system calls few and still fits into the processor's cache.
pub(super) const BUFFER: usize = 1 << 20;

/// Size at which a file is full.
#[derive(Debug, Clone, Copy)]
pub enum Limit {
    /// Number of rows.
    Rows(u64),
    /// Number of bytes. The last row is complete, so the file may be longer by less than a row.
    Bytes(u64),
}

/// Writes `total` rows or bytes to the file `output`, or to `files` files in the folder `output`.
///
/// Rows are numbered across all files, so their content does not depend on the number of files.
///
/// # Errors
/// A file or folder cannot be written.
pub fn generate(
    output: &Path,
    seed: u64,
    total: Limit,
    files: u64,
) -> anyhow::Result<GeneratedSize> {
    let parent = if files > 1 {
        Some(output)
    } else {
        output.parent()
    };
    if let Some(folder) = parent {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create folder {}", folder.display()))?;
    }
    let mut tweets = Tweets::new(seed);
    let mut sum = GeneratedSize::default();
    for index in 0..files {
        let path = if files > 1 {
            output.join(format!("part-{index:04}.csv"))
        } else {
            output.to_path_buf()
        };
        let limit = total.share(index, files);
        let part = File::create(&path)
            .and_then(|mut file| write_file(&mut file, &mut tweets, sum.rows, limit))
            .with_context(|| format!("cannot write {}", path.display()))?;
        sum.rows += part.rows;
        sum.bytes += part.bytes;
        sum.words += part.words;
    }
    Ok(sum)
}

impl Limit {
    /// Returns the share of file `index` of `files`. The first files take the remainder.
    fn share(self, index: u64, files: u64) -> Self {
        let part = |total: u64| total / files + u64::from(index < total % files);
        match self {
            Self::Rows(rows) => Self::Rows(part(rows)),
            Self::Bytes(bytes) => Self::Bytes(part(bytes)),
        }
    }
}

/// Writes a header and the rows from number `first` on until the limit is reached.
fn write_file(
    out: &mut impl Write,
    tweets: &mut Tweets,
    first: u64,
    limit: Limit,
) -> io::Result<GeneratedSize> {
    let mut buffer = Vec::with_capacity(BUFFER + (BUFFER >> 4));
    buffer.extend_from_slice(HEADER.as_bytes());
    let mut written = GeneratedSize::default();
    loop {
        let full = match limit {
            Limit::Rows(rows) => written.rows >= rows,
            Limit::Bytes(bytes) => written.bytes + buffer.len() as u64 >= bytes,
        };
        if full || buffer.len() >= BUFFER {
            out.write_all(&buffer)?;
            written.bytes += buffer.len() as u64;
            buffer.clear();
        }
        if full {
            return Ok(written);
        }
        written.words += tweets.push_row(first + written.rows, &mut buffer);
        written.rows += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(seed: u64, first: u64, limit: Limit) -> (Vec<u8>, GeneratedSize) {
        let mut out = Vec::new();
        let written = write_file(&mut out, &mut Tweets::new(seed), first, limit).unwrap();
        assert_eq!(out.len() as u64, written.bytes);
        (out, written)
    }

    /// The FNV-1a hash of `bytes`. A changed byte changes it.
    fn fnv(bytes: &[u8]) -> u64 {
        bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        })
    }

    #[test]
    fn a_seed_always_gives_the_same_bytes() {
        let (bytes, _) = bytes_of(1, 0, Limit::Rows(20_000));
        assert_eq!(
            (bytes.len(), fnv(&bytes)),
            (3_740_623, 17_399_251_867_367_268_836)
        );
        let (other, _) = bytes_of(2, 0, Limit::Rows(20_000));
        assert_ne!(fnv(&bytes), fnv(&other));
    }

    #[test]
    fn records_have_seven_cells_and_the_counted_words() {
        let (bytes, written) = bytes_of(3, 0, Limit::Rows(20_000));
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        assert_eq!(
            reader
                .headers()
                .unwrap()
                .iter()
                .collect::<Vec<_>>()
                .join(","),
            HEADER.trim()
        );
        let (mut words, mut newlines, mut quotes, mut other) = (0, 0, 0, 0);
        for (row, record) in reader.records().enumerate() {
            let record = record.unwrap();
            assert_eq!(record.len(), 7);
            assert_eq!(record[0].parse::<usize>().unwrap(), row + 1);
            let text = &record[4];
            words += text.split(' ').count() as u64;
            newlines += u32::from(text.contains('\n'));
            quotes += u32::from(text.contains('"'));
            other += u32::from(!text.is_ascii());
        }
        assert_eq!(words, written.words);
        let shares = [newlines, quotes, other];
        assert!(
            shares.iter().all(|&n| n > 200),
            "too rare to matter: {shares:?}"
        );
    }

    #[test]
    fn the_number_of_files_does_not_change_the_rows() {
        let folder = tempfile::tempdir().unwrap();
        let (one, many) = (folder.path().join("a/one.csv"), folder.path().join("many"));
        let whole = generate(&one, 5, Limit::Rows(1000), 1).unwrap();
        let parts = generate(&many, 5, Limit::Rows(1000), 7).unwrap();
        assert_eq!((whole.rows, whole.words), (parts.rows, parts.words));
        let mut joined = HEADER.to_owned();
        for index in 0..7 {
            let part = fs::read_to_string(many.join(format!("part-{index:04}.csv"))).unwrap();
            joined.push_str(part.strip_prefix(HEADER).unwrap());
        }
        assert_eq!(joined, fs::read_to_string(one).unwrap());
    }

    #[test]
    fn a_file_exceeds_its_size_by_less_than_a_row() {
        let size = 300_000;
        let (bytes, _) = bytes_of(1, 0, Limit::Bytes(size));
        assert!(
            (size..size + 1000).contains(&(bytes.len() as u64)),
            "{}",
            bytes.len()
        );
        assert_eq!(bytes.last(), Some(&b'\n'));
    }
}

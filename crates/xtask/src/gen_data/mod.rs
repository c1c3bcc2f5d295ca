//! `gen-data`: customer-support tweets as CSV, any amount, the same bytes for the same seed; or text whose
//! words are all different.

mod different;
mod tweet;
mod vocabulary;
mod words;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context;
use bytesize::ByteSize;

use tweet::{HEADER, Tweets};

/// Rows of the public data set.
pub(crate) const DEFAULT_ROWS: u64 = 2_800_000;

/// Bytes gathered before a write: few system calls, and the buffer stays in the cache.
const BUFFER: usize = 1 << 20;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Rows to write, over all files.
    #[arg(long, default_value_t = DEFAULT_ROWS, value_parser = clap::value_parser!(u64).range(1..))]
    rows: u64,
    /// Size to reach instead of a number of rows, such as 100MB or 2GiB; ends with a whole row.
    #[arg(long, value_name = "SIZE", conflicts_with = "rows")]
    bytes: Option<ByteSize>,
    /// Files to split the rows into, each with a header; above 1, the output is a folder.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    files: u64,
    /// Write no tweets but a text of so many words, no two of them equal.
    #[arg(long, value_name = "WORDS", conflicts_with_all = ["rows", "bytes", "files", "seed"], value_parser = clap::value_parser!(u64).range(1..1 << 50))]
    different: Option<u64>,
    /// Names the data: the same seed gives the same bytes everywhere.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The file, or the folder of part-0000.csv, part-0001.csv, …
    #[arg(long, value_name = "PATH")]
    output: PathBuf,
}

/// When a file is full.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Limit {
    Rows(u64),
    Bytes(u64),
}

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    /// Words of the text cells, split on single spaces.
    pub(crate) words: u64,
}

/// Writes the data and says how much it was.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let start = Instant::now();
    let total = match args.bytes {
        Some(size) => Limit::Bytes(size.as_u64()),
        None => Limit::Rows(args.rows),
    };
    let written = match args.different {
        Some(words) => different::generate(&args.output, words)?,
        None => generate(&args.output, args.seed, total, args.files)?,
    };
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{}: {} rows, {} words, {} bytes in {} file(s), {seconds:.1} s, {:.0} MB/s",
        args.output.display(),
        written.rows,
        written.words,
        written.bytes,
        args.files,
        written.bytes as f64 / 1e6 / seconds,
    );
    Ok(())
}

/// Writes `total` under the seed to the file `output`, or to `files` files in the folder `output`.
///
/// Rows are numbered through all files, so the rows do not depend on how many files hold them.
pub(crate) fn generate(
    output: &Path,
    seed: u64,
    total: Limit,
    files: u64,
) -> anyhow::Result<Written> {
    let parent = if files > 1 {
        Some(output)
    } else {
        output.parent()
    };
    if let Some(folder) = parent {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let mut tweets = Tweets::new(seed);
    let mut sum = Written::default();
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
    /// The part of file `index` of `files`; the first files take the remainder.
    fn share(self, index: u64, files: u64) -> Self {
        let part = |total: u64| total / files + u64::from(index < total % files);
        match self {
            Self::Rows(rows) => Self::Rows(part(rows)),
            Self::Bytes(bytes) => Self::Bytes(part(bytes)),
        }
    }
}

/// Writes a header and rows from `first` until the limit is reached.
fn write_file(
    out: &mut impl Write,
    tweets: &mut Tweets,
    first: u64,
    limit: Limit,
) -> io::Result<Written> {
    let mut buffer = Vec::with_capacity(BUFFER + (BUFFER >> 4));
    buffer.extend_from_slice(HEADER.as_bytes());
    let mut written = Written::default();
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

    fn bytes_of(seed: u64, first: u64, limit: Limit) -> (Vec<u8>, Written) {
        let mut out = Vec::new();
        let written = write_file(&mut out, &mut Tweets::new(seed), first, limit).unwrap();
        assert_eq!(out.len() as u64, written.bytes);
        (out, written)
    }

    /// FNV-1a: enough to see that a byte changed.
    fn fnv(bytes: &[u8]) -> u64 {
        bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
        })
    }

    #[test]
    fn a_seed_names_the_same_bytes_for_ever() {
        let (bytes, _) = bytes_of(1, 0, Limit::Rows(20_000));
        assert_eq!(
            (bytes.len(), fnv(&bytes)),
            (3_740_623, 17_399_251_867_367_268_836)
        );
        let (other, _) = bytes_of(2, 0, Limit::Rows(20_000));
        assert_ne!(fnv(&bytes), fnv(&other));
    }

    #[test]
    fn every_record_has_the_seven_cells_and_the_words_that_were_counted() {
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
    fn rows_do_not_depend_on_the_number_of_files() {
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
    fn a_size_is_reached_and_passed_by_less_than_a_row() {
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

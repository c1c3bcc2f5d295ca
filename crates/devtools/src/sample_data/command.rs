//! The command `gen-data`.

use std::path::PathBuf;
use std::time::Instant;

use bytesize::ByteSize;

use super::distinct_words;
use super::tweet_files::{Limit, generate};

/// Number of rows of the public data set that the tweets imitate.
pub const DEFAULT_ROWS: u64 = 2_800_000;

/// Arguments of `cargo xtask gen-data`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Rows to write, over all files
    #[arg(long, default_value_t = DEFAULT_ROWS, value_parser = clap::value_parser!(u64).range(1..))]
    rows: u64,
    /// Size to write instead of a number of rows, such as 100MB or 2GiB; the last row is complete
    #[arg(long, value_name = "SIZE", conflicts_with = "rows")]
    bytes: Option<ByteSize>,
    /// Files to split the rows into, each with a header; with more than one, the output is a folder
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    files: u64,
    /// Write a text of this many distinct words instead of tweets
    #[arg(long, value_name = "WORDS", conflicts_with_all = ["rows", "bytes", "files", "seed"], value_parser = clap::value_parser!(u64).range(1..1 << 50))]
    different: Option<u64>,
    /// Seed of the data; the same seed gives the same bytes on every machine
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Output file, or output folder of part-0000.csv, part-0001.csv, …
    #[arg(long, value_name = "PATH")]
    output: PathBuf,
}

/// Writes the data and prints its size.
///
/// # Errors
/// The output cannot be written.
pub fn run(args: &Args) -> anyhow::Result<()> {
    let start = Instant::now();
    let total = match args.bytes {
        Some(size) => Limit::Bytes(size.as_u64()),
        None => Limit::Rows(args.rows),
    };
    let written = match args.different {
        Some(words) => distinct_words::generate(&args.output, words)?,
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

//! Measures the search for CSV record boundaries in GB/s. Usage: `scan FILE`.
//!
//! It is a separate program, built in the release profile, because figures of an unoptimised library are meaningless.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool"
)]

use std::fs::File;
use std::io::Read;
use std::time::Instant;

use anyhow::{Context, bail};
use mapreduce_formats::split::{CsvScan, auto_size};

/// Block size in bytes: large enough to keep system calls few, small enough for the cache.
const BLOCK: usize = 256 << 10;

/// Number of rounds. The first one warms the page cache, and the best of the others counts.
const ROUNDS: usize = 6;

fn main() -> anyhow::Result<()> {
    let Some(input) = std::env::args().nth(1) else {
        bail!("usage: scan FILE");
    };
    let mut best = f64::INFINITY;
    let (mut bytes, mut boundaries) = (0, 0);
    for round in 0..ROUNDS {
        let start = Instant::now();
        (bytes, boundaries) = scan(&input).with_context(|| format!("cannot scan {input}"))?;
        if round > 0 {
            best = best.min(start.elapsed().as_secs_f64());
        }
    }
    eprintln!("{bytes} bytes in {best:.3} s, {boundaries} cuts");
    println!("{:.3}", bytes as f64 / best / 1e9);
    Ok(())
}

/// Reads and scans the file once. Returns its size in bytes and the number of boundaries.
fn scan(input: &str) -> anyhow::Result<(u64, usize)> {
    let mut file = File::open(input)?;
    let size = auto_size(file.metadata()?.len());
    // The header counts as a record here, because only the speed of the scan matters.
    let mut scan = CsvScan::new(0, 1, size);
    let mut block = vec![0; BLOCK];
    let mut bytes = 0;
    loop {
        let read = file.read(&mut block)?;
        if read == 0 {
            break;
        }
        scan.feed(&block[..read]);
        bytes += read as u64;
    }
    let boundaries = scan.finish().map_err(|quote| {
        anyhow::anyhow!(
            "line {}: the quoted cell that starts here is never closed",
            quote.line
        )
    })?;
    Ok((bytes, boundaries.len()))
}

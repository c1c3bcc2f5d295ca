//! `bench`: how fast we are, next to the obvious program and to DuckDB on the same machine.
//!
//! | part       | measures                                                               |
//! |------------|------------------------------------------------------------------------|
//! | `embedded` | word count of a large CSV: wall time, CPU time, peak memory, ratios    |
//! | `latency`  | from the start of `master` to `results.json`, two lines, a waiting worker |
//! | `scan`     | the planner's search for CSV record boundaries                         |
//!
//! Every part says PASS or MISS against its target; a miss is no error, a wrong result is.

mod duckdb;
mod embedded;
mod figures;
mod latency;
mod peers;
mod scan;

use std::fs;
use std::path::PathBuf;

use anyhow::Context;

use crate::gen_data::{self, Limit};
use crate::workspace::target;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Rows of the data; 2.8 million are about 540 MB.
    #[arg(long, default_value_t = gen_data::DEFAULT_ROWS, value_parser = clap::value_parser!(u64).range(1..))]
    rows: u64,
    /// Seed of the data.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Rounds; each runs every program once.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Whom to compare with.
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "serial,duckdb"
    )]
    peers: Vec<peers::Peer>,
    /// Threads of our run and of DuckDB [default: cores].
    #[arg(long)]
    threads: Option<usize>,
    /// Measure the peers alone.
    #[arg(long)]
    peers_only: bool,
    /// One part instead of all.
    #[arg(long, value_enum)]
    only: Option<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    Embedded,
    Latency,
    Scan,
}

/// Builds, makes the data, measures.
///
/// # Errors
/// A program that fails, or a result that differs from the baseline's.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let wanted = |part| args.only.is_none_or(|only| only == part);
    if wanted(Part::Embedded) {
        embedded::run(args, &data(args)?)?;
    }
    if wanted(Part::Latency) {
        latency::run()?;
    }
    if wanted(Part::Scan) {
        scan::run(&data(args)?)?;
    }
    Ok(())
}

/// The data file of this seed and size; made on first use.
fn data(args: &Args) -> anyhow::Result<PathBuf> {
    let folder = folder()?;
    // The version changes when the generator does, so that no old file passes for a new one.
    let path = folder.join(format!("tweets-v1-{}-{}.csv", args.seed, args.rows));
    if !path.is_file() {
        println!("making {}", path.display());
        let unfinished = path.with_extension("part");
        gen_data::generate(&unfinished, args.seed, Limit::Rows(args.rows), 1)?;
        fs::rename(&unfinished, &path)
            .with_context(|| format!("cannot rename to {}", path.display()))?;
    }
    Ok(path)
}

/// The folder of data and results.
fn folder() -> anyhow::Result<PathBuf> {
    let folder = target().join("bench-data");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(folder)
}

/// A line that compares a figure with its target.
fn verdict(what: &str, figure: f64, unit: &str, met: bool, target: &str) {
    let word = if met { "PASS" } else { "MISS" };
    println!("{word} {what}: {figure:.2}{unit} (target: {target})");
}

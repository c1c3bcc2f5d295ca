//! Arguments of `cargo xtask bench`.

use std::path::PathBuf;

use devtools::sample_data;

use crate::system::{Aggregate, System};

/// Arguments of `cargo xtask bench`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Rows of the data; 2.8 million rows are about 540 MB
    #[arg(long, default_value_t = sample_data::DEFAULT_ROWS, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) rows: u64,
    /// Seed of the data
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Rounds; each round runs every program once and starts with another program
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,
    /// Rounds that include `live`, which is slow and keeps the machine busy
    #[arg(long, default_value_t = 1)]
    pub(crate) live_rounds: u32,
    /// Rounds of the part `scale`
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) scale_rounds: u32,
    /// Lines of 100 bytes for the part `jobs`; 10 million lines are 1 GB
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1000..))]
    pub(crate) lines: u64,
    /// Programs to measure
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "embedded,cluster,live,duckdb,polars,serial"
    )]
    pub(crate) systems: Vec<System>,
    /// Slots or threads of every program except the serial one [default: cores]
    #[arg(long)]
    threads: Option<usize>,
    /// Aggregation of `embedded` and `cluster`
    #[arg(long, value_enum, default_value = "shuffle")]
    pub(crate) aggregate: Aggregate,
    /// Parts to run instead of all
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// Write benchmarks.md and benchmarks.svg into this folder
    #[arg(long, value_name = "FOLDER")]
    pub(crate) report: Option<PathBuf>,
}

/// A part of the benchmark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Part {
    Systems,
    Scale,
    EmptyTasks,
    Latency,
    Scan,
    Jobs,
    Stragglers,
    Recovery,
    Micro,
}

impl Args {
    /// Returns whether the part was selected.
    pub(crate) fn includes(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    /// Number of slots or threads.
    pub(crate) fn threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.unwrap_or_else(cores)
    }
}

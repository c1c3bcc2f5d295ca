//! `bench`: how fast we are, next to others on the same machine, in the same run.
//!
//! | part          | measures                                                                  |
//! |---------------|---------------------------------------------------------------------------|
//! | `systems`     | word count of a large CSV: us in one process, us as a cluster, DuckDB, …  |
//! | `scale`       | us, on that CSV and on one of four times the rows                         |
//! | `empty-tasks` | how many tasks without input one worker gets through one Redis            |
//! | `latency`     | from the start of `master` to `results.json`, two lines, a waiting worker |
//! | `scan`        | the planner's search for CSV record boundaries                            |
//! | `jobs`        | a user's word count; commands; `grep` and `sort` next to GNU's            |
//! | `stragglers`  | a cluster with a worker ten times slower than the others, with and without backups |
//! | `recovery`    | from the death of a worker or of Redis until work goes on; what a death costs |
//! | `micro`       | the parts of the hot path, each for itself                                |
//!
//! Every part says PASS or MISS against its goals; a miss is no error, a wrong result is.

mod chart;
mod cluster;
mod compare;
mod data;
mod empty_tasks;
mod figures;
mod goal;
mod jobs;
mod latency;
mod machine;
mod micro;
mod python;
mod recovery;
mod report;
mod rounds;
mod scale;
mod scan;
mod stragglers;
mod system;
mod table;

use std::path::PathBuf;

use crate::gen_data;
use report::Report;
use system::{Aggregate, System};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Rows of the data; 2.8 million are about 540 MB.
    #[arg(long, default_value_t = gen_data::DEFAULT_ROWS, value_parser = clap::value_parser!(u64).range(1..))]
    rows: u64,
    /// Seed of the data.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Rounds; each runs every program once, and each begins with another.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Rounds in which `live` takes part: it is slow, and makes the machine busy.
    #[arg(long, default_value_t = 1)]
    live_rounds: u32,
    /// Rounds of the part `scale`.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    scale_rounds: u32,
    /// Lines of 100 bytes for the part `jobs`; 10 million are 1 GB.
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1000..))]
    lines: u64,
    /// Who takes part.
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "embedded,cluster,live,duckdb,polars,serial"
    )]
    systems: Vec<System>,
    /// Slots or threads of everybody but the serial program [default: cores].
    #[arg(long)]
    threads: Option<usize>,
    /// How `embedded` and `cluster` sum up.
    #[arg(long, value_enum, default_value = "shuffle")]
    aggregate: Aggregate,
    /// Some parts instead of all.
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// Write benchmarks.md and benchmarks.svg into this folder.
    #[arg(long, value_name = "FOLDER")]
    report: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
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
    fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    fn threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.unwrap_or_else(cores)
    }
}

/// Builds, makes the data, measures, reports.
///
/// # Errors
/// A program that fails or refuses its settings, or a result that differs from the serial program's.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let mut report = Report::default();
    if args.wants(Part::Systems) {
        compare::run(args, &mut report)?;
    }
    if args.wants(Part::Scale) {
        scale::run(args, &mut report)?;
    }
    if args.wants(Part::EmptyTasks) {
        empty_tasks::run(args, &mut report)?;
    }
    if args.wants(Part::Latency) {
        latency::run(args, &mut report)?;
    }
    if args.wants(Part::Scan) {
        scan::run(&data::input(args.rows, args.seed)?, &mut report)?;
    }
    if args.wants(Part::Jobs) {
        jobs::run(args, &mut report)?;
    }
    if args.wants(Part::Stragglers) {
        stragglers::run(args, &mut report)?;
    }
    if args.wants(Part::Recovery) {
        recovery::run(args, &mut report)?;
    }
    if args.wants(Part::Micro) {
        micro::run(&mut report)?;
    }
    report.finish(args.report.as_deref())
}

//! `chaos`: whole jobs on real processes under fire, yet every byte must be right.
//!
//! ```text
//! seed, job number --> schedule (job, input, settings, faults with their moments)
//!                         |
//!                         +--> embedded run of the same input ------------> expected bytes --+
//!                         +--> redis-server <-- proxy <-- master, workers --> found bytes ---+--> verdict
//! ```
//! All decisions repeat under a seed. What a fault hits is a matter of the machine's pace, so a
//! failure may need several repetitions to come back; its folder is kept with all logs.
//!
//! | module     | what                                                      |
//! |------------|-----------------------------------------------------------|
//! | `schedule` | the decisions; `fault` and `mix` are what is drawn        |
//! | `job`      | input, settings, comparison                               |
//! | `drive`    | the job under way: faults, restarts, the end              |
//! | `cluster`  | who takes part, and how faults befall them                |
//! | `process`, `redis`, `disk` | a part each that can be harmed            |
//! | `excuse`   | which endings of programs are no failure                  |
//! | `compare`, `report` | verdicts, and what all came to                   |

mod cluster;
mod compare;
mod disk;
mod drive;
mod excuse;
mod fault;
mod job;
mod mix;
pub(crate) mod process;
mod redis;
mod report;
mod schedule;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::packages::ensure_redis;
use crate::workspace::{build_debug, target};
use report::{Summary, Verdict};
use schedule::Schedule;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Jobs to run.
    #[arg(long, default_value_t = 20)]
    jobs: u64,
    /// Names the decisions: jobs, inputs, settings, who is hit by what at which moment.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of the first job; with `--jobs 1` it repeats one.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Jobs at the same time; they mostly wait.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=64))]
    parallel: u32,
    /// Worker processes of each job.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=64))]
    workers: u32,
    /// Seconds until a job counts as hung.
    #[arg(long, default_value_t = 180)]
    deadline: u64,
    /// Leave out full disks, which need the right to mount one.
    #[arg(long)]
    no_disks: bool,
    /// Print the schedule of each job.
    #[arg(long)]
    verbose: bool,
}

/// Runs the jobs and sums up.
///
/// # Errors
/// A job whose result is not exact, that hangs, or that was hit by too few SIGKILLs, after all have run.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    ensure_redis()?;
    build_debug(&["cli", "master", "worker"])?;
    let folder = target().join("chaos");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let start = Instant::now();
    let summary = Mutex::new(Summary::default());
    let next = AtomicU64::new(args.first);
    thread::scope(|scope| {
        let lane = || -> anyhow::Result<()> {
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= args.first + args.jobs {
                    return Ok(());
                }
                one(args, number, &folder, &summary)?;
            }
        };
        let lanes: Vec<_> = (0..args.parallel).map(|_| scope.spawn(lane)).collect();
        lanes.into_iter().try_for_each(|lane| match lane.join() {
            Ok(result) => result,
            Err(_) => bail!("a job panicked; its message is above"),
        })
    })?;
    let summary = summary.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{}", summary.lines(start.elapsed()));
    match summary.bad() {
        0 => Ok(()),
        bad => bail!("{bad} of {} jobs are not as they should be", args.jobs),
    }
}

/// Runs a job and tells of it.
fn one(args: &Args, number: u64, folder: &Path, summary: &Mutex<Summary>) -> anyhow::Result<()> {
    let schedule = Schedule::new(args.seed, number, args.workers);
    let place = tempfile::Builder::new()
        .prefix(&format!("job-{number}-"))
        .tempdir_in(folder)
        .context("cannot make a folder for the job")?;
    let deadline = Duration::from_secs(args.deadline);
    let report = job::run(&schedule, place.path(), deadline, !args.no_disks)
        .with_context(|| format!("job {number} could not be run"))?;
    let mut text = format!("job {number}, {}: {}", schedule.kind.name, report.line());
    if !report.is_good() {
        let again = format!("cargo xtask chaos --seed {} --first {number}", args.seed);
        text += &format!("\n  again: {again} --workers {} --jobs 1", args.workers);
    }
    if report.verdict != Verdict::Exact {
        text += &format!("\n  logs: {}", place.keep().display());
    }
    if args.verbose || !report.is_good() {
        text += &format!("\n{schedule}");
    }
    println!("{}", text.trim_end());
    let mut summary = summary.lock().unwrap_or_else(PoisonError::into_inner);
    summary.add(&report);
    Ok(())
}

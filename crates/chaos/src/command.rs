//! The command `cargo xtask chaos`.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::job;
use crate::report::Summary;
use crate::schedule::Schedule;
use crate::verdict::Verdict;
use devtools::packages::ensure_redis;
use devtools::workspace::{build_debug, target};

/// Arguments of `cargo xtask chaos`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Jobs to run
    #[arg(long, default_value_t = 20)]
    jobs: u64,
    /// Seed of all decisions: jobs, inputs, settings, faults and their moments
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of the first job; `--first N --jobs 1` repeats job N
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Jobs that run at the same time; jobs mostly wait
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=64))]
    parallel: u32,
    /// Worker processes per job
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=64))]
    workers: u32,
    /// Time after which a job counts as hung, in seconds
    #[arg(long, default_value_t = 180)]
    deadline: u64,
    /// Leave out full disks, because mounting a disk requires root
    #[arg(long)]
    no_disks: bool,
    /// Print the schedule of each job
    #[arg(long)]
    verbose: bool,
}

/// Runs the jobs and prints a summary.
///
/// # Errors
/// After all jobs have run: a result was not exact, a job hung, or a job was hit by too few SIGKILLs.
pub fn run(args: &Args) -> anyhow::Result<()> {
    ensure_redis()?;
    build_debug(&["cli", "master", "worker"])?;
    let folder = target().join("chaos");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
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
                run_job(args, number, &folder, &summary)?;
            }
        };
        let lanes: Vec<_> = (0..args.parallel).map(|_| scope.spawn(lane)).collect();
        lanes.into_iter().try_for_each(|lane| match lane.join() {
            Ok(result) => result,
            Err(_) => bail!("the thread of a job panicked; see the message above"),
        })
    })?;
    let summary = summary.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{}", summary.lines(start.elapsed()));
    match summary.failed() {
        0 => Ok(()),
        failed => bail!(
            "{failed} of {} jobs failed; see their lines above",
            args.jobs
        ),
    }
}

/// Runs a job and prints its result.
fn run_job(
    args: &Args,
    number: u64,
    folder: &Path,
    summary: &Mutex<Summary>,
) -> anyhow::Result<()> {
    let schedule = Schedule::new(args.seed, number, args.workers);
    let folder = tempfile::Builder::new()
        .prefix(&format!("job-{number}-"))
        .tempdir_in(folder)
        .context("cannot create a folder for the job")?;
    let deadline = Duration::from_secs(args.deadline);
    let report = job::run(&schedule, folder.path(), deadline, !args.no_disks)
        .with_context(|| format!("cannot run job {number}"))?;
    let mut text = format!("job {number}, {}: {}", schedule.kind.name, report.line());
    if !report.is_passed() {
        let again = format!("cargo xtask chaos --seed {} --first {number}", args.seed);
        text += &format!("\n  repeat: {again} --workers {} --jobs 1", args.workers);
    }
    if report.verdict != Verdict::Exact {
        text += &format!("\n  logs: {}", folder.keep().display());
    }
    if args.verbose || !report.is_passed() {
        text += &format!("\n{schedule}");
    }
    println!("{}", text.trim_end());
    let mut summary = summary.lock().unwrap_or_else(PoisonError::into_inner);
    summary.add(&report);
    Ok(())
}

//! `chaos`: whole jobs on real processes that are killed at random, yet every byte must be right.
//!
//! ```text
//! seed, job number --> schedule (input, settings, kills) --> cluster of processes --> verdict
//!                                   embedded run of the same input --> expected bytes ---^
//! ```
//! The decisions repeat under a seed. When a kill hits is a matter of the machine's pace, so a
//! failure may need several repetitions to come back; its folder is kept with all logs.

mod cluster;
mod job;
mod report;
mod schedule;

use std::fs;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::workspace::{build_release, target};
use report::{Report, Verdict};
use schedule::Schedule;

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Jobs to run, one after the other.
    #[arg(long, default_value_t = 20)]
    jobs: u64,
    /// Names the decisions: inputs, settings, who is killed after which pause.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of the first job; with `--jobs 1` it repeats one.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Worker processes of each job.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=64))]
    workers: u32,
    /// Seconds until a job counts as hung.
    #[arg(long, default_value_t = 60)]
    deadline: u64,
}

/// What all jobs came to.
#[derive(Debug, Default)]
struct Summary {
    jobs: u64,
    kills: u64,
    exact: u64,
    wrong: u64,
    hung: u64,
}

/// Runs the jobs and sums up.
///
/// # Errors
/// A job whose result is wrong or that hangs, after all have run.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    build_release(&["cli", "master", "worker"])?;
    let folder = target().join("chaos");
    fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut summary = Summary::default();
    for number in args.first..args.first + args.jobs {
        let schedule = Schedule::new(args.seed, number, args.workers);
        let deadline = Duration::from_secs(args.deadline);
        let place = tempfile::Builder::new()
            .prefix(&format!("job-{number}-"))
            .tempdir_in(&folder)
            .context("cannot make a folder for the job")?;
        let report = job::run(&schedule, place.path(), deadline)
            .with_context(|| format!("job {number} could not be run"))?;
        println!("job {number}: {}", report.line());
        summary.add(&report);
        if report.verdict != Verdict::Exact {
            println!(
                "  again: cargo xtask chaos --seed {} --first {number} --jobs 1",
                args.seed
            );
            println!("  logs: {}", place.keep().display());
            println!("  {schedule:?}");
        }
    }
    println!("{}", summary.line());
    if summary.exact < summary.jobs {
        bail!(
            "{} of {} jobs failed",
            summary.jobs - summary.exact,
            summary.jobs
        );
    }
    Ok(())
}

impl Summary {
    fn add(&mut self, report: &Report) {
        self.jobs += 1;
        self.kills += report.kills();
        match report.verdict {
            Verdict::Exact => self.exact += 1,
            Verdict::Wrong(_) => self.wrong += 1,
            Verdict::Hung(_) => self.hung += 1,
        }
    }

    fn line(&self) -> String {
        let Self {
            jobs,
            kills,
            exact,
            wrong,
            hung,
        } = self;
        format!("jobs {jobs}, kills {kills}, exact {exact}, wrong {wrong}, hung {hung}")
    }
}

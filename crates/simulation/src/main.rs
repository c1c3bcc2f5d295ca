//! The program behind `cargo xtask simulate`: runs many simulations and prints a summary.

#![expect(
    clippy::print_stdout,
    reason = "a command line tool reports on standard output"
)]

use std::panic::catch_unwind;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::anyhow;
use clap::Parser;
use simulation::tally::Tally;
use simulation::{ROLLBACKS, Report, Verdict, simulate};

/// Simulate clusters with faults, each in one thread under one seed
#[derive(Debug, Parser)]
struct Args {
    /// Number of seeds
    #[arg(long, default_value_t = 500)]
    seeds: u64,
    /// First seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Simulations that run at the same time
    #[arg(long, default_value_t = 2)]
    parallel: u64,
    /// Print the trace of each seed
    #[arg(long)]
    story: bool,
}

/// Results of all seeds.
#[derive(Debug, Default)]
struct Sum {
    exact: u64,
    failed: u64,
    stalled: u64,
    violated: Vec<u64>,
    fewest_rollbacks: Option<u64>,
    tally: Tally,
    commands: u64,
    took: Duration,
}

impl Sum {
    /// Adds a report and prints it if it is a violation.
    fn add(&mut self, report: &Report, story: bool) {
        match &report.verdict {
            Verdict::Exact => self.exact += 1,
            Verdict::Failed(_) => self.failed += 1,
            Verdict::Stalled(_) => self.stalled += 1,
            Verdict::Violated(_) => self.violated.push(report.seed),
        }
        if story || matches!(report.verdict, Verdict::Violated(_)) {
            print_report(report);
        }
        // A failed job may end early with fewer rollbacks.
        if report.verdict == Verdict::Exact {
            let rollbacks = report.tally.get("rollbacks");
            self.fewest_rollbacks = Some(self.fewest_rollbacks.unwrap_or(u64::MAX).min(rollbacks));
        }
        self.tally += &report.tally;
        self.commands += report.commands;
        self.took += report.took;
    }

    /// Prints the summary of `seeds` seeds.
    fn print(&self, seeds: u64, took: Duration) {
        println!(
            "{} seeds in {:.1} s; {} commands, {} h simulated",
            seeds,
            took.as_secs_f64(),
            self.commands,
            self.took.as_secs() / 3600
        );
        for (what, count) in self.tally.iter() {
            println!("  {count:>9} {what}");
        }
        println!(
            "  {:>9} rollbacks at least per exact seed (required: {ROLLBACKS})",
            self.fewest_rollbacks.unwrap_or(0)
        );
        println!(
            "{} exact, {} out of attempts as their settings allow, {} stalled without workers, {} wrong, lost, \
             duplicated or hung {:?}",
            self.exact,
            self.failed,
            self.stalled,
            self.violated.len(),
            self.violated
        );
    }
}

fn print_report(report: &Report) {
    for line in &report.trace {
        println!("{line}");
    }
    println!(
        "seed {} ({}): {:?}",
        report.seed, report.shape, report.verdict
    );
    println!(
        "replay: cargo xtask simulate --seeds 1 --seed {} --story",
        report.seed
    );
}

fn main() -> ExitCode {
    let args = Args::parse();
    let start = tokio::time::Instant::now();
    let (next, sum) = (AtomicU64::new(args.seed), Mutex::new(Sum::default()));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= args.seed + args.seeds {
                return Ok::<(), anyhow::Error>(());
            }
            // A panic in a program is a violation. This catches panics of the simulation itself.
            let mut report = catch_unwind(|| simulate(seed, args.story))
                .map_err(|_| anyhow!("seed {seed} panicked"))??;
            if matches!(report.verdict, Verdict::Violated(_)) && !args.story {
                // The same simulation again, this time with a trace.
                report = simulate(seed, true)?;
            }
            sum.lock()
                .expect("no panic under the lock")
                .add(&report, args.story);
        }
    };
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..args.parallel.max(1))
            .map(|_| scope.spawn(work))
            .collect();
        threads
            .into_iter()
            .map(std::thread::ScopedJoinHandle::join)
            .collect()
    });
    let sum = sum.into_inner().expect("no panic under the lock");
    sum.print(args.seeds, start.elapsed());
    for outcome in outcomes {
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(error)) => println!("cannot simulate: {error:#}"),
            Err(_) => println!("cannot add a report: its thread panicked"),
        }
    }
    match sum.exact + sum.failed + sum.stalled == args.seeds {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

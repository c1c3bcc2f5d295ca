//! `cargo xtask simulate`: simulates many seeds and sums up.

#![allow(clippy::print_stdout, reason = "this is what it is for")]

use std::panic::catch_unwind;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::anyhow;
use clap::Parser;
use simulation::tally::Tally;
use simulation::{ROLLBACKS, Report, Verdict, simulate};

/// Simulates clusters under faults, each in one thread under one seed.
#[derive(Debug, Parser)]
struct Args {
    /// How many seeds
    #[arg(long, default_value_t = 500)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Simulations at a time
    #[arg(long, default_value_t = 2)]
    parallel: u64,
    /// Tell the whole story of each seed
    #[arg(long)]
    story: bool,
}

/// What came of all seeds.
#[derive(Debug, Default)]
struct Sum {
    exact: u64,
    failed: u64,
    stalled: u64,
    violated: Vec<u64>,
    fewest: Option<u64>,
    tally: Tally,
    commands: u64,
    took: Duration,
}

impl Sum {
    fn add(&mut self, report: &Report, story: bool) {
        match &report.verdict {
            Verdict::Exact => self.exact += 1,
            Verdict::Failed(_) => self.failed += 1,
            Verdict::Stalled(_) => self.stalled += 1,
            Verdict::Violated(_) => self.violated.push(report.seed),
        }
        if story || matches!(report.verdict, Verdict::Violated(_)) {
            tell(report);
        }
        // A job that has failed may do so early.
        if report.verdict == Verdict::Exact {
            let rollbacks = report.tally.of("rollbacks");
            self.fewest = Some(self.fewest.unwrap_or(u64::MAX).min(rollbacks));
        }
        self.tally += &report.tally;
        self.commands += report.commands;
        self.took += report.took;
    }
}

fn tell(report: &Report) {
    for line in &report.story {
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
            // Actors that panic are a violation; this is for what is around them.
            let mut report = catch_unwind(|| simulate(seed, args.story))
                .map_err(|_| anyhow!("seed {seed} panicked"))??;
            if matches!(report.verdict, Verdict::Violated(_)) && !args.story {
                // The same story once more, to be told.
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
        threads.into_iter().map(|thread| thread.join()).collect()
    });
    let sum = sum.into_inner().expect("no panic under the lock");
    println!(
        "{} seeds in {:.1} s; {} commands, {} h simulated",
        args.seeds,
        start.elapsed().as_secs_f64(),
        sum.commands,
        sum.took.as_secs() / 3600
    );
    for (what, count) in sum.tally.iter() {
        println!("  {count:>9} {what}");
    }
    println!(
        "  {:>9} rollbacks at least in each that was done (wanted: {ROLLBACKS})",
        sum.fewest.unwrap_or(0)
    );
    println!(
        "{} exact, {} failed for want of attempts as their settings allow, {} ended for want of workers, {} wrong, lost, \
         duplicated or hung {:?}",
        sum.exact,
        sum.failed,
        sum.stalled,
        sum.violated.len(),
        sum.violated
    );
    for outcome in outcomes {
        match outcome {
            Ok(Ok(())) => {}
            Ok(Err(error)) => println!("cannot simulate: {error:#}"),
            Err(_) => println!("a report cannot be added"),
        }
    }
    match sum.exact + sum.failed + sum.stalled == args.seeds {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

//! Measurements of the part `recovery`.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Context;

use super::killable_cluster::{Config, KillableCluster};
use crate::args::Args;
use crate::figures::Spread;
use crate::goal::Goal;
use crate::report::Report;
use devtools::packages::ensure_redis;
use devtools::random::Random;
use devtools::table::Table;
use devtools::workspace::build_debug;

/// Number of measured deaths of a worker, and of Redis.
const DEATHS: u64 = 5;
/// Lease of tasks. The goal is two seconds more.
const LEASE: Duration = Duration::from_secs(2);
/// Time between the death of Redis and its restart.
const AWAY: Duration = Duration::from_secs(1);
/// Rounds of the jobs with ten workers.
const ROUNDS: u64 = 3;
/// Number of workers of these jobs.
const WORKERS: usize = 10;

/// Runs the part.
pub(crate) fn run(args: &Args, report: &mut Report) -> anyhow::Result<()> {
    ensure_redis()?;
    build_debug(&["master", "worker"])?;
    report.section(
        "Recovery",
        "Master and workers in the profile of the tests; every task pauses, so that cores are not the limit",
    );
    for (others, tasks) in [("no other tasks wait", 2), ("60 other tasks wait", 60)] {
        let times = seconds(DEATHS, |_| worker_dies(tasks))?;
        let spread = Spread::of(&times).context("no round was run")?;
        let what = format!(
            "longest time until another worker holds a killed worker's task, lease 2 s, {others}"
        );
        let goal = (LEASE + Duration::from_secs(2)).as_secs_f64();
        let range = spread.range(2);
        report.goal(Goal::at_most(&what, spread.max, goal, " s", &range));
    }

    let times = seconds(DEATHS, |_| redis_dies())?;
    let spread = Spread::of(&times).context("no round was run")?;
    let what = "longest time from the restart of Redis to the next commit";
    report.goal(Goal::at_most(what, spread.max, 5.0, " s", &spread.range(2)));
    ten_workers(args.seed, report)
}

/// Returns the durations of all rounds in seconds.
fn seconds(
    rounds: u64,
    mut round: impl FnMut(u64) -> anyhow::Result<Duration>,
) -> anyhow::Result<Vec<f64>> {
    let times = (0..rounds).map(|number| Ok(round(number)?.as_secs_f64()));
    times.collect()
}

/// Returns the time from the SIGKILL of a worker until another worker holds its task or has finished it.
fn worker_dies(tasks: u64) -> anyhow::Result<Duration> {
    let config = Config {
        tasks,
        // With few tasks, the pause is long enough that the first one is held until all are claimed.
        pause: Duration::from_millis(if tasks > 3 { 300 } else { 4_000 }),
        lease: LEASE,
    };
    let mut cluster = KillableCluster::start(config)?;
    cluster.start_worker()?;
    let first = cluster.until("a worker holds a task", |cluster| {
        cluster.held().into_iter().next()
    })?;
    cluster.start_worker()?;
    cluster.start_worker()?;
    cluster.until("a second worker holds a task", |cluster| {
        cluster
            .held()
            .into_iter()
            .find(|other| other.worker != first.worker)
    })?;
    // The first worker may have claimed another task meanwhile.
    let held = cluster.until("the first worker holds a task", |cluster| {
        cluster
            .held()
            .into_iter()
            .find(|now| now.worker == first.worker)
    })?;
    let start = Instant::now();
    cluster.kill_worker(0);
    cluster.until("another worker holds its task", |cluster| {
        let still = cluster.held().into_iter().any(|other| other == held);
        (!still).then_some(())
    })?;
    Ok(start.elapsed())
}

/// Returns the time from the restart of a killed Redis until one more task is finished.
fn redis_dies() -> anyhow::Result<Duration> {
    let config = Config {
        tasks: 200,
        pause: Duration::from_millis(100),
        lease: LEASE,
    };
    let mut cluster = KillableCluster::start(config)?;
    cluster.start_worker()?;
    cluster.start_worker()?;
    cluster.until("twenty tasks are finished", |cluster| {
        (cluster.done()? >= 20).then_some(())
    })?;
    cluster.redis.kill();
    sleep(AWAY);
    cluster.redis.restart();
    let start = Instant::now();
    let before = cluster.done().unwrap_or(0);
    cluster.until("one more task is finished", |cluster| {
        (cluster.done()? > before).then_some(())
    })?;
    Ok(start.elapsed())
}

/// Death of a worker in a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    None,
    WithoutReplacement,
    WithReplacement,
}

/// Measures jobs with ten workers of which one dies, next to undisturbed ones.
fn ten_workers(seed: u64, report: &mut Report) -> anyhow::Result<()> {
    let deaths = [
        Death::None,
        Death::WithoutReplacement,
        Death::WithReplacement,
    ];
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        let mut random = Random::new(seed, round);
        for turn in 0..deaths.len() {
            let index = (turn + round as usize) % deaths.len();
            times[index].push(job(deaths[index], &mut random)?.as_secs_f64());
        }
    }
    let mut table = Table::new(&["ten workers", "median", "min–max", "ratio"]);
    let base = Spread::of(&times[0]).context("no round was run")?.median;
    let names = ["undisturbed", "one killed", "one killed and replaced"];
    let mut ratios = Vec::new();
    for (name, times) in names.iter().zip(&times) {
        let spread = Spread::of(times).context("no round was run")?;
        let ratio = spread.median / base;
        let median = format!("{:.2} s", spread.median);
        table.row(vec![
            (*name).to_owned(),
            median,
            spread.range(2),
            format!("{ratio:.2}"),
        ]);
        ratios.push(ratio);
    }
    report.table(&table);
    for (name, ratio) in names.iter().zip(ratios).skip(1) {
        let what = format!("job time with {name} of ten workers / undisturbed");
        report.goal(Goal::at_most(&what, ratio, 1.15, " times", ""));
    }
    Ok(())
}

/// Returns the time of a job from its first finished task to the result.
fn job(death: Death, random: &mut Random) -> anyhow::Result<Duration> {
    let config = Config {
        tasks: 400,
        pause: Duration::from_millis(200),
        lease: LEASE,
    };
    let mut cluster = KillableCluster::start(config)?;
    for _ in 0..WORKERS {
        cluster.start_worker()?;
    }
    cluster.until("a task is finished", |cluster| {
        (cluster.done()? > 0).then_some(())
    })?;
    let start = Instant::now();
    let victim = random.below(WORKERS as u32) as usize;
    // Between a tenth and six tenths of the job.
    let kill_after = u64::from(40 + random.below(200));
    if death != Death::None {
        cluster.until("enough tasks are finished for the kill", |cluster| {
            (cluster.done()? >= kill_after).then_some(())
        })?;
        cluster.kill_worker(victim);
    }
    if death == Death::WithReplacement {
        cluster.start_worker()?;
    }
    cluster.until_master_ends()?;
    Ok(start.elapsed())
}

//! The part `recovery`: how long it takes until work goes on after a death, and what deaths cost a job.
//!
//! Every task pauses (`worker.slow`), so that the machine's cores are not what the jobs wait for: ten workers on two
//! cores would otherwise gain from a death of one.

mod lab;

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Context;

use super::Args;
use super::figures::Spread;
use super::goal::Goal;
use super::report::Report;
use super::table::Table;
use crate::packages::ensure_redis;
use crate::rng::Rng;
use crate::workspace::build_debug;
use lab::{Config, Lab};

/// Deaths of a worker, and of Redis, that are measured.
const DEATHS: u64 = 5;
/// The lease; the goal is this and two seconds.
const LEASE: Duration = Duration::from_secs(2);
/// How long Redis stays away.
const AWAY: Duration = Duration::from_secs(1);
/// Rounds of the jobs with ten workers: undisturbed, one killed, one killed and replaced.
const ROUNDS: u64 = 3;
const WORKERS: usize = 10;

pub(super) fn run(args: &Args, report: &mut Report) -> anyhow::Result<()> {
    ensure_redis()?;
    build_debug(&["master", "worker"])?;
    report.section(
        "Recovery",
        "Master and workers of the profile of tests; every task pauses, so that cores are not the limit",
    );
    for (others, tasks) in [("no others wait", 2), ("60 others wait", 60)] {
        let times = seconds(DEATHS, |_| worker_dies(tasks))?;
        let spread = Spread::of(&times).context("no round")?;
        let what = format!("a killed worker's task is another's, lease 2 s, {others}: the longest");
        let goal = (LEASE + Duration::from_secs(2)).as_secs_f64();
        let range = spread.range(2);
        report.goal(Goal::at_most(&what, spread.most, goal, " s", &range));
    }

    let times = seconds(DEATHS, |_| redis_dies())?;
    let spread = Spread::of(&times).context("no round")?;
    let what = "from the answer of a restarted Redis to the next commit: the longest";
    report.goal(Goal::at_most(
        what,
        spread.most,
        5.0,
        " s",
        &spread.range(2),
    ));
    ten_workers(args.seed, report)
}

fn seconds(
    rounds: u64,
    mut round: impl FnMut(u64) -> anyhow::Result<Duration>,
) -> anyhow::Result<Vec<f64>> {
    let times = (0..rounds).map(|number| Ok(round(number)?.as_secs_f64()));
    times.collect()
}

/// From the SIGKILL of one of three workers, which holds a task, until it is another's, or done by another.
fn worker_dies(tasks: u64) -> anyhow::Result<Duration> {
    let config = Config {
        tasks,
        // With few tasks, long enough that the first is held until all are claimed.
        pause: Duration::from_millis(if tasks > 3 { 300 } else { 4_000 }),
        lease: LEASE,
    };
    let mut lab = Lab::start(config)?;
    lab.start_worker()?;
    let first = lab.until("a worker holds a task", |lab| lab.held().into_iter().next())?;
    lab.start_worker()?;
    lab.start_worker()?;
    lab.until("a second worker holds a task", |lab| {
        lab.held()
            .into_iter()
            .find(|other| other.worker != first.worker)
    })?;
    // The first may have gone on to other tasks meanwhile.
    let held = lab.until("the first holds a task", |lab| {
        lab.held()
            .into_iter()
            .find(|now| now.worker == first.worker)
    })?;
    let start = Instant::now();
    lab.kill_worker(0);
    lab.until("its task is another's", |lab| {
        let still = lab.held().into_iter().any(|other| other == held);
        (!still).then_some(())
    })?;
    Ok(start.elapsed())
}

/// From the answer of a Redis that was killed and came back with its last snapshot until one more task is done.
fn redis_dies() -> anyhow::Result<Duration> {
    let config = Config {
        tasks: 200,
        pause: Duration::from_millis(100),
        lease: LEASE,
    };
    let mut lab = Lab::start(config)?;
    lab.start_worker()?;
    lab.start_worker()?;
    lab.until("twenty tasks are done", |lab| {
        (lab.done()? >= 20).then_some(())
    })?;
    lab.redis.kill();
    sleep(AWAY);
    lab.redis.restart();
    let start = Instant::now();
    let before = lab.done().unwrap_or(0);
    lab.until("one more task is done", |lab| {
        (lab.done()? > before).then_some(())
    })?;
    Ok(start.elapsed())
}

/// What becomes of the worker that is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    None,
    ForEver,
    Replaced,
}

/// Jobs with ten workers of which one dies, next to undisturbed ones.
fn ten_workers(seed: u64, report: &mut Report) -> anyhow::Result<()> {
    let deaths = [Death::None, Death::ForEver, Death::Replaced];
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        let mut rng = Rng::new(seed, round);
        for turn in 0..deaths.len() {
            let place = (turn + round as usize) % deaths.len();
            times[place].push(job(deaths[place], &mut rng)?.as_secs_f64());
        }
    }
    let mut table = Table::new(&["ten workers", "median", "min–max", "ratio"]);
    let base = Spread::of(&times[0]).context("no round")?.median;
    let names = ["undisturbed", "one killed", "one killed and replaced"];
    let mut ratios = Vec::new();
    for (name, times) in names.iter().zip(&times) {
        let spread = Spread::of(times).context("no round")?;
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
        let what = format!("job time, {name} of ten workers, next to undisturbed");
        report.goal(Goal::at_most(&what, ratio, 1.15, " times", ""));
    }
    Ok(())
}

/// The time of a job from its first claim to the result.
fn job(death: Death, rng: &mut Rng) -> anyhow::Result<Duration> {
    let config = Config {
        tasks: 400,
        pause: Duration::from_millis(200),
        lease: LEASE,
    };
    let mut lab = Lab::start(config)?;
    for _ in 0..WORKERS {
        lab.start_worker()?;
    }
    lab.until("a task is done", |lab| (lab.done()? > 0).then_some(()))?;
    let start = Instant::now();
    let victim = rng.below(WORKERS as u32) as usize;
    // Somewhere between a tenth and six tenths of the job.
    let moment = u64::from(40 + rng.below(200));
    if death != Death::None {
        lab.until("it is time to die", |lab| {
            (lab.done()? >= moment).then_some(())
        })?;
        lab.kill_worker(victim);
    }
    if death == Death::Replaced {
        lab.start_worker()?;
    }
    lab.until_master_ends()?;
    Ok(start.elapsed())
}

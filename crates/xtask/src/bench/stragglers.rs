//! The part `stragglers`: what a worker ten times slower than the others costs a job, with and without backup
//! attempts.
//!
//! Tasks are a pause and a line, so that it does not matter how many cores the machine has. Each round has another
//! number of tasks: how much a slow worker holds up depends on when the others come to the end.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use testkit::RedisServer;

use super::Args;
use super::figures::{Run, Series, Spread, wall};
use super::goal::Goal;
use super::report::Report;
use super::rounds::order;
use super::system::utf8;
use super::table::Table;
use crate::measure::{Measuring, Usage};
use crate::packages::ensure_redis;
use crate::workspace::{build_release, release_binary};

/// The pause of a task, and that of a slow worker's.
const PAUSE: &str = "worker.slow=200ms";
const SLOW_PAUSE: &str = "worker.slow=2s";
/// Tasks of each phase in the first round, and how many more in each round that follows.
const TASKS: u32 = 40;
const MORE: u32 = 4;
/// The goal: the job's time against that without the slow worker.
const GOAL: f64 = 1.3;
/// How long workers may take to begin to wait.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(5);

/// Who works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Crew {
    Two,
    SlowThird,
    SlowThirdWithoutBackups,
}

impl Crew {
    const ALL: [Self; 3] = [Self::Two, Self::SlowThird, Self::SlowThirdWithoutBackups];

    fn name(self) -> &'static str {
        match self {
            Self::Two => "two workers",
            Self::SlowThird => "and a slow one",
            Self::SlowThirdWithoutBackups => "and a slow one, no backups",
        }
    }

    /// The pauses of its workers.
    fn pauses(self) -> &'static [&'static str] {
        match self {
            Self::Two => &[PAUSE, PAUSE],
            _ => &[PAUSE, PAUSE, SLOW_PAUSE],
        }
    }

    fn backups(self) -> &'static str {
        match self {
            Self::SlowThirdWithoutBackups => "worker.backups=false",
            _ => "worker.backups=true",
        }
    }
}

pub(super) fn run(args: &Args, report: &mut Report) -> anyhow::Result<()> {
    ensure_redis()?;
    build_release(&["master", "worker"])?;
    let counts: Vec<u32> = (0..args.rounds).map(|round| TASKS + MORE * round).collect();
    let about = format!(
        "Tasks that pause for 200 ms, or for 2 s on a worker that is ten times slower; one slot a worker; {} rounds with \
         {counts:?} tasks a phase",
        args.rounds
    );
    report.section("Stragglers", &about);
    let mut table = Table::new(&[
        "job and workers",
        "wall s",
        "min–max",
        "/ two workers",
        "min–max",
        "backups",
    ]);
    let mut goals = Vec::new();
    for (job, aggregate) in [
        ("map tasks", "job.aggregate=live"),
        ("map and reduce tasks", "job.aggregate=shuffle"),
    ] {
        let (series, backups) = measure(args.rounds, aggregate)?;
        for (of, backups) in series.iter().zip(backups) {
            let none = || format!("{job}, {}: no round", of.name);
            let time = of.spread(wall).with_context(none)?;
            let ratio = of.ratio(&series[0]).with_context(none)?;
            table.row(cells(job, of, time, ratio, backups));
        }
        let ratio = series[1].ratio(&series[0]).context("no round")?;
        let what = format!("{job}: with a worker ten times slower / without it");
        goals.push(Goal::at_most(
            &what,
            ratio.median,
            GOAL,
            "",
            &ratio.range(2),
        ));
    }
    report.table(&table);
    goals.into_iter().for_each(|goal| report.goal(goal));
    Ok(())
}

fn cells(job: &str, of: &Series, time: Spread, ratio: Spread, backups: usize) -> Vec<String> {
    vec![
        format!("{job}: {}", of.name),
        format!("{:.2}", time.median),
        time.range(2),
        format!("{:.2}", ratio.median),
        ratio.range(2),
        backups.to_string(),
    ]
}

/// The times of all crews, and how many backup attempts they made in all.
fn measure(rounds: u32, aggregate: &str) -> anyhow::Result<(Vec<Series>, Vec<usize>)> {
    let mut series: Vec<_> = Crew::ALL
        .iter()
        .map(|crew| Series::new(crew.name()))
        .collect();
    let mut backups = vec![0; Crew::ALL.len()];
    for round in 0..rounds {
        let tasks = TASKS + MORE * round;
        let mut expected = None;
        for turn in order(round, Crew::ALL.len()) {
            let (usage, made, result) = job(Crew::ALL[turn], tasks, aggregate)?;
            let same = *expected.get_or_insert(result.clone()) == result;
            ensure!(same, "{}: the result differs", series[turn].name);
            let cluster = None;
            series[turn].runs.push((round, Run { usage, cluster }));
            backups[turn] += made;
        }
    }
    Ok((series, backups))
}

/// One job of `tasks` map tasks and, unless Redis sums up, as many reduce tasks: what it took, how many backup
/// attempts were made, and its result.
fn job(crew: Crew, tasks: u32, aggregate: &str) -> anyhow::Result<(Usage, usize, Vec<u8>)> {
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
    let input = folder.path().join("input");
    fs::create_dir(&input)?;
    for task in 0..tasks {
        // A split lies in one file.
        let text = format!("this is line {task} of {tasks}\n");
        fs::write(input.join(format!("{task:04}.txt")), text)?;
    }
    let redis = RedisServer::start();
    let (url, reduces) = (redis.url(), format!("job.reduces={tasks}"));
    let output = folder.path().join("results.json");
    let shared = [
        utf8(&input)?,
        "--redis-url",
        &url,
        "--slots",
        "1",
        "--set",
        aggregate,
        "--set",
        &reduces,
        "--set",
        "checkpoint.interval=0",
    ];
    let log = |name: &str| folder.path().join(format!("{name}.log"));
    let start = |name: &str, log: &Path, more: &[&str]| {
        Measuring::start(&release_binary(name), &[&shared[..], more].concat(), log)
    };
    let mut workers = Vec::new();
    for (number, pause) in crew.pauses().iter().enumerate() {
        let more = ["--set", pause, "--set", crew.backups()];
        workers.push(start("worker", &log(&format!("worker-{number}")), &more)?);
    }
    await_idle(&redis, workers.len())?;
    let usage = start("master", &log("master"), &["--output", utf8(&output)?])?.end()?;
    for worker in workers {
        worker.end()?;
    }
    let mut backups = 0;
    for number in 0..crew.pauses().len() {
        let said = fs::read_to_string(log(&format!("worker-{number}")))?;
        backups += said.matches("started a backup attempt").count();
    }
    Ok((usage, backups, fs::read(&output)?))
}

/// Waits until that many workers wait for a job.
fn await_idle(redis: &RedisServer, workers: usize) -> anyhow::Result<()> {
    let (deadline, expected) = (
        Instant::now() + PATIENCE,
        format!("blocked_clients:{workers}"),
    );
    while !redis
        .cli(&["INFO", "clients"])
        .lines()
        .any(|line| line.trim() == expected)
    {
        if Instant::now() > deadline {
            bail!("{workers} workers do not wait for a job after {PATIENCE:?}");
        }
        sleep(LOOK);
    }
    Ok(())
}

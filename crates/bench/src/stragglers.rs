//! The part `stragglers`: the cost of a worker ten times slower than the others, with and without backup attempts.
//!
//! A task is a pause and one line, so the number of cores does not matter. Each round has another number of tasks,
//! because the delay by a slow worker depends on when the others finish.

use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use testkit::RedisServer;

use crate::args::Args;
use crate::figures::{Run, Series, Spread, wall};
use crate::goal::Goal;
use crate::measure::{Measuring, Usage};
use crate::paths::utf8;
use crate::report::Report;
use crate::rounds::order;
use devtools::packages::ensure_redis;
use devtools::table::Table;
use devtools::workspace::{build_release, release_binary};

/// Pause of a task.
const PAUSE: &str = "worker.slow=200ms";
/// Pause of a task on the slow worker.
const SLOW_PAUSE: &str = "worker.slow=2s";
/// Tasks per phase in the first round.
const TASKS: u32 = 40;
/// Additional tasks per phase in each further round.
const MORE: u32 = 4;
/// Goal for the ratio of the wall times with and without the slow worker.
const GOAL: f64 = 1.3;
/// Time limit for workers to start waiting for a job.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10);
/// Interval between checks.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Workers of a job.
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

    /// Pause of each worker.
    fn pauses(self) -> &'static [&'static str] {
        match self {
            Self::Two => &[PAUSE, PAUSE],
            Self::SlowThird | Self::SlowThirdWithoutBackups => &[PAUSE, PAUSE, SLOW_PAUSE],
        }
    }

    /// Setting that turns backup attempts on or off.
    fn backups(self) -> &'static str {
        match self {
            Self::SlowThirdWithoutBackups => "worker.backups=false",
            Self::Two | Self::SlowThird => "worker.backups=true",
        }
    }
}

/// Runs the part.
pub(crate) fn run(args: &Args, report: &mut Report) -> anyhow::Result<()> {
    ensure_redis()?;
    build_release(&["master", "worker"])?;
    let counts: Vec<u32> = (0..args.rounds).map(|round| TASKS + MORE * round).collect();
    let about = format!(
        "Tasks that pause for 200 ms, or for 2 s on a worker that is ten times slower; one slot per worker; {} rounds with \
         {counts:?} tasks per phase",
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
            let missing = || format!("{job}, {}: no round was run", of.name);
            let time = of.spread(wall).with_context(missing)?;
            let ratio = of.ratio(&series[0]).with_context(missing)?;
            table.row(cells(job, of, time, ratio, backups));
        }
        let ratio = series[1].ratio(&series[0]).context("no round was run")?;
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

/// Returns a row of the table.
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

/// Returns the figures of all crews and their numbers of backup attempts.
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

/// Runs a job of `tasks` map tasks and, except with live aggregation, as many reduce tasks.
///
/// Returns its resources, its number of backup attempts and its result.
fn job(crew: Crew, tasks: u32, aggregate: &str) -> anyhow::Result<(Usage, usize, Vec<u8>)> {
    let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
    let input = folder.path().join("input");
    fs::create_dir(&input)?;
    for task in 0..tasks {
        // A split never spans files, so each file is one map task.
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
        let log_text = fs::read_to_string(log(&format!("worker-{number}")))?;
        backups += log_text.matches("started a backup attempt").count();
    }
    Ok((usage, backups, fs::read(&output)?))
}

/// Waits until this many workers wait for a job.
fn await_idle(redis: &RedisServer, workers: usize) -> anyhow::Result<()> {
    let (deadline, expected) = (
        Instant::now() + IDLE_TIMEOUT,
        format!("blocked_clients:{workers}"),
    );
    while !redis
        .cli(&["INFO", "clients"])
        .lines()
        .any(|line| line.trim() == expected)
    {
        if Instant::now() > deadline {
            bail!("timed out after {IDLE_TIMEOUT:?} until {workers} workers wait for a job");
        }
        sleep(POLL_INTERVAL);
    }
    Ok(())
}

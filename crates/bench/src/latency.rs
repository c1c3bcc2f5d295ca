//! The part `latency`: time from the start of the master to the result for two lines of input.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use testkit::RedisServer;

use crate::args::Args;
use crate::figures::Spread;
use crate::goal::Goal;
use crate::report::Report;
use crate::system::Aggregate;
use devtools::packages::ensure_redis;
use devtools::workspace::{build_release, release_binary};

/// Number of rounds.
const ROUNDS: usize = 20;

/// Goal in milliseconds.
const GOAL: f64 = 100.0;

/// Time limit for steps that normally take milliseconds.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Interval between checks: far below the measured time, and long enough to leave the cores to the processes.
const POLL_INTERVAL: Duration = Duration::from_micros(200);

/// Runs the part.
pub(crate) fn run(args: &Args, report: &mut Report) -> anyhow::Result<()> {
    ensure_redis()?;
    build_release(&["master", "worker"])?;
    let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
    let input = folder.path().join("input");
    fs::create_dir(&input)?;
    fs::write(
        input.join("two.txt"),
        "to be or not to be\nthat is the question\n",
    )?;
    let redis = RedisServer::start();

    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let time = round(&redis, folder.path(), args.aggregate)?;
        times.push(time.as_secs_f64() * 1e3);
    }
    let times = Spread::of(&times).context("no round was run")?;
    report.goal(Goal::at_most(
        "two lines, master start to results.json",
        times.median,
        GOAL,
        " ms",
        &times.range(0),
    ));
    Ok(())
}

/// Runs one job with a new worker, which waits for a job before the master starts.
fn round(redis: &RedisServer, folder: &Path, aggregate: Aggregate) -> anyhow::Result<Duration> {
    let output = folder.join("results.json");
    if output.exists() {
        fs::remove_file(&output).context("cannot remove the previous result")?;
    }
    let mut worker = KillOnDrop(start("worker", redis, folder, aggregate)?);
    wait_until("the worker is not waiting for a job", || {
        Ok(worker_waits(redis))
    })?;

    let start_time = Instant::now();
    let mut master = KillOnDrop(start("master", redis, folder, aggregate)?);
    wait_until("there is no results.json", || Ok(output.exists()))?;
    let took = start_time.elapsed();

    for (name, process) in [("master", &mut master), ("worker", &mut worker)] {
        wait_until(&format!("the {name} has not ended"), || {
            Ok(process.0.try_wait()?.is_some())
        })?;
        let status = process.0.wait()?;
        ensure!(status.success(), "the {name} ended with {status}");
    }
    Ok(took)
}

/// Returns whether the worker is blocked in a read. Redis shows that by the flag `b`.
fn worker_waits(redis: &RedisServer) -> bool {
    let clients = redis.cli(&["CLIENT", "LIST"]);
    let mut flags = clients
        .split(' ')
        .filter_map(|field| field.strip_prefix("flags="));
    flags.any(|flags| flags.contains('b'))
}

fn start(
    name: &str,
    redis: &RedisServer,
    folder: &Path,
    aggregate: Aggregate,
) -> anyhow::Result<Child> {
    Command::new(release_binary(name))
        .args(["--set", aggregate.setting()])
        .current_dir(folder)
        .env("MAPREDUCE__REDIS__URL", redis.url())
        .env("MAPREDUCE__JOB__INPUT", folder.join("input"))
        .env("MAPREDUCE__JOB__OUTPUT", folder.join("results.json"))
        .env("MAPREDUCE__LOG__LEVEL", "warn")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start the {name}"))
}

fn wait_until(
    otherwise: &str,
    mut condition: impl FnMut() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + TIMEOUT;
    while !condition()? {
        if Instant::now() > deadline {
            bail!("{otherwise} after {TIMEOUT:?}");
        }
        std::thread::sleep(POLL_INTERVAL);
    }
    Ok(())
}

/// A process that is killed on drop, so that it does not outlive the benchmark.
struct KillOnDrop(Child);

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        // An error means that the process has already ended.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

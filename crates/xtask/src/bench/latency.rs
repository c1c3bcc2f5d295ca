//! The part `latency`: from the start of the master to the result of a two-line input.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use testkit::RedisServer;

use super::Args;
use super::figures::Spread;
use super::goal::Goal;
use super::report::Report;
use super::system::Aggregate;
use crate::packages::ensure_redis;
use crate::workspace::{build_release, release_binary};

const ROUNDS: usize = 20;

/// The goal, in milliseconds.
const GOAL: f64 = 100.0;

/// How long a process may take for what normally takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// Looks this often; far below what is measured, and without taking a core from the processes.
const LOOK: Duration = Duration::from_micros(200);

pub(super) fn run(args: &Args, report: &mut Report) -> anyhow::Result<()> {
    ensure_redis()?;
    build_release(&["master", "worker"])?;
    let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
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
    let times = Spread::of(&times).context("no round")?;
    report.goal(Goal::at_most(
        "two lines, master start to results.json",
        times.median,
        GOAL,
        " ms",
        &times.range(0),
    ));
    Ok(())
}

/// One job with a fresh worker, which waits before the master starts.
fn round(redis: &RedisServer, folder: &Path, aggregate: Aggregate) -> anyhow::Result<Duration> {
    let output = folder.join("results.json");
    if output.exists() {
        fs::remove_file(&output).context("cannot remove the last result")?;
    }
    let mut worker = Ended(start("worker", redis, folder, aggregate)?);
    wait_until("the worker does not wait for a job", || {
        Ok(worker_waits(redis))
    })?;

    let start_time = Instant::now();
    let mut master = Ended(start("master", redis, folder, aggregate)?);
    wait_until("no results.json", || Ok(output.exists()))?;
    let took = start_time.elapsed();

    for (name, process) in [("master", &mut master), ("worker", &mut worker)] {
        wait_until(&format!("the {name} does not end"), || {
            Ok(process.0.try_wait()?.is_some())
        })?;
        let status = process.0.wait()?;
        ensure!(status.success(), "the {name} ended with {status}");
    }
    Ok(took)
}

/// True once the worker is blocked in a read, which Redis shows by the flag `b`.
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
    let deadline = Instant::now() + PATIENCE;
    while !condition()? {
        if Instant::now() > deadline {
            bail!("{otherwise} after {PATIENCE:?}");
        }
        std::thread::sleep(LOOK);
    }
    Ok(())
}

/// A process that does not outlive the benchmark, however that ends.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // Errors mean that it has ended already.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

//! The part `latency`: from the start of the master to the result of a two-line input.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use testkit::RedisServer;

use super::figures::median;
use super::verdict;
use crate::workspace::{build_release, release_binary};

const ROUNDS: usize = 20;

/// The target.
const TARGET: Duration = Duration::from_millis(200);

/// How long a process may take for what normally takes milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// Looks this often; far below what is measured, and without taking a core from the processes.
const LOOK: Duration = Duration::from_micros(200);

pub(super) fn run() -> anyhow::Result<()> {
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
        times.push(round(&redis, folder.path())?);
    }
    let (least, most) = (times.iter().min().copied(), times.iter().max().copied());
    println!(
        "{ROUNDS} rounds, {:.1?} to {:.1?}",
        least.unwrap_or_default(),
        most.unwrap_or_default()
    );
    let middle = median(&times);
    let ms = middle.as_secs_f64() * 1e3;
    verdict(
        "master start to results.json, median",
        ms,
        " ms",
        middle <= TARGET,
        "at most 200 ms",
    );
    Ok(())
}

/// One job with a fresh worker, which waits before the master starts.
fn round(redis: &RedisServer, folder: &Path) -> anyhow::Result<Duration> {
    let output = folder.join("results.json");
    if output.exists() {
        fs::remove_file(&output).context("cannot remove the last result")?;
    }
    let mut worker = Ended(start("worker", redis, folder)?);
    wait_until("the worker does not wait for a job", || {
        Ok(worker_waits(redis))
    })?;

    let start_time = Instant::now();
    let mut master = Ended(start("master", redis, folder)?);
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

fn start(name: &str, redis: &RedisServer, folder: &Path) -> anyhow::Result<Child> {
    Command::new(release_binary(name))
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

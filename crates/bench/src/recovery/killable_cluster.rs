//! A cluster whose workers and Redis can be killed.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tempfile::TempDir;
use testkit::RedisServer;

use chaos::process::{Ending, Process};
use devtools::sample_data::{self, Limit};

/// Number of rows of the input. Counting them takes almost no time.
const ROWS: u64 = 4_000;
/// Approximate size of the input.
const BYTES: u64 = ROWS * 187;

/// Time limit for every step.
const TIMEOUT: Duration = Duration::from_secs(120);
/// Interval between checks, far below the measured times.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Id of the job, which its keys contain.
const JOB: &str = "recovery";

/// Shape of the job.
#[derive(Debug, Clone, Copy)]
pub(super) struct Config {
    /// Approximate number of map tasks.
    pub(super) tasks: u64,
    /// Pause in each task.
    pub(super) pause: Duration,
    pub(super) lease: Duration,
}

/// A claimed task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    entry: String,
    pub(super) worker: String,
}

/// A running job. All its processes end on drop.
#[derive(Debug)]
pub(super) struct KillableCluster {
    settings: Vec<(String, String)>,
    workers: Vec<Process>,
    master: Process,
    pub(super) redis: RedisServer,
    folder: TempDir,
}

impl KillableCluster {
    /// Starts Redis and a master.
    pub(super) fn start(config: Config) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
        let input = folder.path().join("part.csv");
        sample_data::generate(&input, 1, Limit::Rows(ROWS), 1)?;
        let redis = RedisServer::start();
        let output = folder.path().join("results.json");
        let settings = [
            ("JOB__ID", JOB.to_owned()),
            ("JOB__INPUT", input.display().to_string()),
            ("JOB__OUTPUT", output.display().to_string()),
            ("JOB__REDUCES", "1".to_owned()),
            ("INPUT__COLUMN", "text".to_owned()),
            ("INPUT__SPLIT_SIZE", format!("{}B", BYTES / config.tasks)),
            ("CHECKPOINT__INTERVAL", "500ms".to_owned()),
            ("WORKER__SLOTS", "1".to_owned()),
            ("WORKER__LEASE", format!("{}ms", config.lease.as_millis())),
            ("WORKER__SLOW", format!("{}ms", config.pause.as_millis())),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec();
        let port = redis.port();
        let master = Process::start("master", "master", settings.clone(), port, folder.path())?;
        Ok(Self {
            settings,
            workers: Vec::new(),
            master,
            redis,
            folder,
        })
    }

    /// Starts one more worker.
    pub(super) fn start_worker(&mut self) -> anyhow::Result<()> {
        let name = format!("worker-{}", self.workers.len());
        let (settings, port) = (self.settings.clone(), self.redis.port());
        let worker = Process::start("worker", &name, settings, port, self.folder.path())?;
        self.workers.push(worker);
        Ok(())
    }

    /// Kills a worker for good.
    pub(super) fn kill_worker(&mut self, index: usize) {
        self.workers[index].kill(Instant::now());
    }

    /// Waits until `found` returns a value.
    pub(super) fn until<T>(
        &self,
        what: &str,
        found: impl Fn(&Self) -> Option<T>,
    ) -> anyhow::Result<T> {
        let start = Instant::now();
        loop {
            if let Some(found) = found(self) {
                return Ok(found);
            }
            if start.elapsed() > TIMEOUT {
                bail!("timed out after {TIMEOUT:?} waiting until {what}");
            }
            sleep(POLL_INTERVAL);
        }
    }

    /// Waits for the end of the master.
    pub(super) fn until_master_ends(&mut self) -> anyhow::Result<()> {
        let start = Instant::now();
        loop {
            match self.master.ending()? {
                Some(Ending::Done) => return Ok(()),
                Some(other) => bail!(
                    "the master ended with {other:?}: {}",
                    self.master.last_message()
                ),
                None if start.elapsed() > TIMEOUT => bail!("no result within {TIMEOUT:?}"),
                None => sleep(POLL_INTERVAL),
            }
        }
    }

    /// Returns the number of finished tasks, or `None` while Redis does not reply.
    pub(super) fn done(&self) -> Option<u64> {
        self.redis.cli(&["HLEN", &key("done")]).parse().ok()
    }

    /// Returns the claimed tasks that are not finished.
    pub(super) fn held(&self) -> Vec<Held> {
        let answer = self
            .redis
            .cli(&["XPENDING", &key("tasks"), "workers", "-", "+", "100"]);
        // Each task has four lines (entry, worker, idle time, deliveries). An error has one line.
        let lines: Vec<&str> = answer.lines().collect();
        let held = |fields: &[&str]| Held {
            entry: fields[0].to_owned(),
            worker: fields[1].to_owned(),
        };
        lines.chunks_exact(4).map(held).collect()
    }
}

fn key(name: &str) -> String {
    format!("mr:{{{JOB}}}:{name}")
}

//! A cluster whose workers and Redis can be killed, and what its job looks like.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use tempfile::TempDir;
use testkit::RedisServer;

use crate::chaos::process::{Ending, Process};
use crate::gen_data::{self, Limit};

/// Rows of the input, and their bytes, about: counting them takes no time to speak of.
const ROWS: u64 = 4_000;
const BYTES: u64 = ROWS * 187;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// Far below what is measured.
const LOOK: Duration = Duration::from_millis(10);

/// The id of the job, for its keys.
const JOB: &str = "recovery";

/// What the job is to be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Config {
    /// Map tasks, about.
    pub(super) tasks: u64,
    /// Pause in every task.
    pub(super) pause: Duration,
    pub(super) lease: Duration,
}

/// A claimed task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    entry: String,
    pub(super) worker: String,
}

/// A job under way. All processes end when it is dropped.
#[derive(Debug)]
pub(super) struct Lab {
    settings: Vec<(String, String)>,
    workers: Vec<Process>,
    master: Process,
    pub(super) redis: RedisServer,
    folder: TempDir,
}

impl Lab {
    /// Starts Redis and a master.
    pub(super) fn start(config: Config) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        let input = folder.path().join("part.csv");
        gen_data::generate(&input, 1, Limit::Rows(ROWS), 1)?;
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

    pub(super) fn start_worker(&mut self) -> anyhow::Result<()> {
        let name = format!("worker-{}", self.workers.len());
        let (settings, port) = (self.settings.clone(), self.redis.port());
        let worker = Process::start("worker", &name, settings, port, self.folder.path())?;
        self.workers.push(worker);
        Ok(())
    }

    /// By SIGKILL, and for ever.
    pub(super) fn kill_worker(&mut self, index: usize) {
        self.workers[index].kill(Instant::now());
    }

    /// Waits for what `found` finds.
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
            if start.elapsed() > PATIENCE {
                bail!("not within {PATIENCE:?}: {what}");
            }
            sleep(LOOK);
        }
    }

    pub(super) fn until_master_ends(&mut self) -> anyhow::Result<()> {
        let start = Instant::now();
        loop {
            match self.master.ending()? {
                Some(Ending::Done) => return Ok(()),
                Some(other) => bail!("the master ended: {other:?}, {}", self.master.last_words()),
                None if start.elapsed() > PATIENCE => bail!("no result within {PATIENCE:?}"),
                None => sleep(LOOK),
            }
        }
    }

    /// How many tasks are done; none while Redis cannot say.
    pub(super) fn done(&self) -> Option<u64> {
        self.redis.cli(&["HLEN", &key("done")]).parse().ok()
    }

    /// The tasks that are claimed and not done.
    pub(super) fn held(&self) -> Vec<Held> {
        let answer = self
            .redis
            .cli(&["XPENDING", &key("tasks"), "workers", "-", "+", "100"]);
        // Entry, worker, idle time, deliveries; or an error in one line.
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

//! A Redis of its own with real masters and workers.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tempfile::TempDir;

use crate::binaries::binary;
use crate::{Data, Process, RedisServer};

/// How many lines of each log are shown when a test fails.
const TAIL: usize = 40;

/// What a cluster is to be.
#[derive(Debug, Clone)]
pub struct Config {
    data: Data,
    settings: Vec<(String, String)>,
    redis: Vec<String>,
    through: Vec<String>,
}

impl Config {
    /// A job over `data` in splits of 16 KiB that aggregates by shuffle, with four reduce tasks, leases of
    /// a second, two slots a worker, no checkpoints, and logs that tell what came of each commit.
    pub fn new(data: Data) -> Self {
        let config = Self {
            data,
            settings: Vec::new(),
            redis: Vec::new(),
            through: Vec::new(),
        };
        config
            .set("input.split_size", "16KiB")
            .set("job.reduces", "4")
            .set("worker.lease", "1s")
            .set("worker.slots", "2")
            .set("checkpoint.interval", "0")
            .set("log.level", "info,worker=debug")
    }

    /// Has Redis sum up with every commit; there are no reduce tasks then.
    #[must_use]
    pub fn live(self) -> Self {
        self.set("job.aggregate", "live")
    }

    /// Gives a setting of all processes another value.
    #[must_use]
    pub fn set(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds arguments of `redis-server`.
    #[must_use]
    pub fn redis(mut self, arguments: &[&str]) -> Self {
        self.redis
            .extend(arguments.iter().map(|&text| text.to_owned()));
        self
    }

    /// Starts `redis-server` behind these words; see [`RedisServer::start_through`].
    #[must_use]
    pub fn redis_through(mut self, words: &[&str]) -> Self {
        self.through
            .extend(words.iter().map(|&text| text.to_owned()));
        self
    }

    /// Starts the Redis; masters and workers are started by the test, at moments of its choice.
    ///
    /// # Panics
    /// If it does not start.
    pub fn start(self) -> Cluster {
        let words: [Vec<&str>; 2] =
            [&self.through, &self.redis].map(|words| words.iter().map(String::as_str).collect());
        Cluster {
            redis: RedisServer::start_through(&words[0], &words[1]),
            folder: tempfile::tempdir().expect("a temporary folder"),
            started: AtomicUsize::new(0),
            config: self,
        }
    }
}

/// A Redis of its own, and a folder for outputs and logs. Shows the ends of all logs if the test fails.
///
/// Processes belong to the test; drop them before the cluster.
#[derive(Debug)]
pub struct Cluster {
    pub(crate) config: Config,
    pub(crate) redis: RedisServer,
    folder: TempDir,
    started: AtomicUsize,
}

impl Cluster {
    /// The cluster's Redis.
    pub fn redis(&self) -> &RedisServer {
        &self.redis
    }

    /// The folder with outputs and logs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a master.
    pub fn master(&self) -> Process {
        self.master_with(&[])
    }

    /// Starts a master with settings of its own.
    pub fn master_with(&self, settings: &[(&str, &str)]) -> Process {
        self.start("master", &[], settings)
    }

    /// Starts `count` workers.
    pub fn workers(&self, count: usize) -> Vec<Process> {
        (0..count).map(|_| self.worker()).collect()
    }

    /// Starts a worker.
    pub fn worker(&self) -> Process {
        self.worker_with(&[])
    }

    /// Starts a worker with settings of its own.
    pub fn worker_with(&self, settings: &[(&str, &str)]) -> Process {
        self.start("worker", &[], settings)
    }

    /// Starts a program with arguments and settings of its own.
    ///
    /// # Panics
    /// If it cannot be built or started.
    pub fn start(&self, program: &str, arguments: &[&str], settings: &[(&str, &str)]) -> Process {
        let mut command = Command::new(binary(program));
        command.args(arguments);
        self.start_command(program, command, settings)
    }

    /// Starts a program behind words that run the command that follows them, such as `["env", "TZ=UTC"]`.
    ///
    /// # Panics
    /// Like [`Cluster::start`].
    pub fn start_through(
        &self,
        words: &[&str],
        program: &str,
        settings: &[(&str, &str)],
    ) -> Process {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).arg(binary(program));
        self.start_command(program, command, settings)
    }

    fn start_command(
        &self,
        program: &str,
        mut command: Command,
        settings: &[(&str, &str)],
    ) -> Process {
        let number = self.started.fetch_add(1, Ordering::Relaxed);
        command.current_dir(self.folder());
        for (name, _) in env::vars_os() {
            // What the caller of the tests has set for other purposes.
            if name == "REDIS_URL" || name.to_string_lossy().starts_with("MAPREDUCE__") {
                command.env_remove(name);
            }
        }
        let mut set = |name: &str, value: &str| {
            let name = name.replace('.', "__").to_uppercase();
            command.env(format!("MAPREDUCE__{name}"), value);
        };
        set("redis.url", &self.redis.url());
        set("job.input", &self.config.data.input.to_string_lossy());
        set("job.output", &self.output().to_string_lossy());
        for (name, value) in &self.config.data.settings {
            set(name, value);
        }
        for (name, value) in &self.config.settings {
            set(name, value);
        }
        for (name, value) in settings {
            set(name, value);
        }
        Process::start(
            &mut command,
            &self.folder().join(format!("{number:02}-{program}.log")),
        )
    }

    /// The file that gets the result, unless `job.output` was set.
    pub fn output(&self) -> PathBuf {
        self.folder().join("results.json")
    }

    /// Checks that the result is there and right, byte for byte.
    ///
    /// # Panics
    /// If it is not, with the first difference.
    pub fn assert_exact(&self) {
        self.config.data.assert_result(&self.output());
    }

    /// Checks that no result and nothing half-written is there.
    ///
    /// # Panics
    /// If there is.
    pub fn assert_no_output(&self) {
        assert!(!self.output().exists(), "there is a result");
        assert!(
            !self.folder().join(".results.json.tmp").exists(),
            "a temporary file is left"
        );
    }

    fn logs(&self) -> String {
        let mut paths: Vec<_> = fs::read_dir(self.folder())
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
            .collect();
        paths.sort();
        paths.push(self.redis.folder().join("redis.log"));
        paths.iter().map(|path| tail(path)).collect()
    }
}

impl Drop for Cluster {
    #[expect(
        clippy::print_stderr,
        reason = "the test harness shows it if the test fails"
    )]
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{}", self.logs());
        }
    }
}

fn tail(path: &Path) -> String {
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().collect();
    let tail = &lines[lines.len().saturating_sub(TAIL)..];
    format!(
        "--- {} ({} lines)\n{}\n",
        path.display(),
        lines.len(),
        tail.join("\n")
    )
}

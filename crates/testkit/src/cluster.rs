//! A Redis server with real masters and workers.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tempfile::TempDir;

use crate::binaries::binary;
use crate::config::Config;
use crate::process::Process;
use crate::redis_server::RedisServer;

/// Number of lines of each log that a failed test shows.
const SHOWN_LINES: usize = 40;

/// A Redis server, and a folder for outputs and logs. A test that fails shows the last lines of all logs.
///
/// Processes belong to the test; drop them before the cluster.
#[derive(Debug)]
pub struct Cluster {
    config: Config,
    redis: RedisServer,
    folder: TempDir,
    started: AtomicUsize,
}

impl Config {
    /// Starts the Redis server. The test starts masters and workers when it needs them.
    ///
    /// # Panics
    /// Panics if the server does not start.
    pub fn start(self) -> Cluster {
        let [wrapper, arguments] = [&self.redis_wrapper, &self.redis_arguments]
            .map(|words| words.iter().map(String::as_str).collect::<Vec<_>>());
        Cluster {
            redis: RedisServer::start_through(&wrapper, &arguments),
            folder: tempfile::tempdir().expect("a temporary folder"),
            started: AtomicUsize::new(0),
            config: self,
        }
    }
}

impl Cluster {
    /// Returns the cluster's Redis server.
    pub fn redis(&self) -> &RedisServer {
        &self.redis
    }

    /// Returns the folder with outputs and logs.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a master.
    pub fn master(&self) -> Process {
        self.master_with(&[])
    }

    /// Starts a master with additional settings.
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

    /// Starts a worker with additional settings.
    pub fn worker_with(&self, settings: &[(&str, &str)]) -> Process {
        self.start("worker", &[], settings)
    }

    /// Starts a program with arguments and additional settings.
    ///
    /// # Panics
    /// Panics if the program cannot be built or started.
    pub fn start(&self, program: &str, arguments: &[&str], settings: &[(&str, &str)]) -> Process {
        let mut command = Command::new(binary(program));
        command.args(arguments);
        self.start_command(program, command, settings)
    }

    /// Starts a program through a wrapper command such as `["env", "TZ=UTC"]`, which runs the command after it.
    ///
    /// # Panics
    /// Panics like [`Cluster::start`].
    pub fn start_through(
        &self,
        wrapper: &[&str],
        program: &str,
        settings: &[(&str, &str)],
    ) -> Process {
        let mut command = Command::new(wrapper[0]);
        command.args(&wrapper[1..]).arg(binary(program));
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
            // The developer may have set these for another purpose.
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

    /// Returns the path of the result, unless a test sets `job.output`.
    pub fn output(&self) -> PathBuf {
        self.folder().join("results.json")
    }

    /// Checks that the result exists and equals the expected one, byte for byte.
    ///
    /// # Panics
    /// Panics with the first difference.
    pub fn assert_exact(&self) {
        self.config.data.assert_result(&self.output());
    }

    /// Checks that neither a result nor a temporary file of one exists.
    ///
    /// # Panics
    /// Panics if one exists.
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
        paths.iter().map(|path| last_lines(path)).collect()
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

fn last_lines(path: &Path) -> String {
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().collect();
    let shown = &lines[lines.len().saturating_sub(SHOWN_LINES)..];
    format!(
        "--- {} ({} lines)\n{}\n",
        path.display(),
        lines.len(),
        shown.join("\n")
    )
}

//! Temporary folders of tests, and runs of `mapreduce` in them.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tokio::time::Instant;

/// Deadline of a run. The longest one takes a minute while other tests run on two cores; a run that needs more hangs.
const DEADLINE: Duration = Duration::from_secs(600);

/// Temporary folder of a test and working folder of its processes.
pub(crate) struct Sandbox(tempfile::TempDir);

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file and creates its parent folders. Returns its path.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, bytes).expect("a file");
        path
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Returns the sorted names in a folder, including hidden ones.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).expect("a folder");
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Waits until `condition` holds. Panics after `most`.
    pub(crate) fn wait_for(most: Duration, condition: impl Fn() -> bool) {
        let end = Instant::now() + most;
        while !condition() {
            assert!(Instant::now() < end, "it does not come");
            thread::yield_now();
        }
    }

    /// Runs `mapreduce run` with `args` and waits for its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        self.command(args).ended()
    }

    /// Runs `mapreduce run` with `args` and expects success.
    pub(crate) fn done(&self, args: &[&str]) -> Ended {
        let ended = self.run(args);
        assert_eq!(ended.code, Some(0), "{args:?}\n{}", ended.err);
        ended
    }

    /// Runs `mapreduce run` with `args` and expects it to fail with exit code `code`. Returns the error message, which
    /// must contain all of `parts`.
    pub(crate) fn refused(&self, args: &[&str], code: i32, parts: &[&str]) -> String {
        self.run(args).refused(code, parts)
    }

    /// Returns the command `mapreduce run` in this folder, without the environment variables of the test.
    pub(crate) fn command(&self, args: &[&str]) -> Process {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mapreduce"));
        command
            .arg("run")
            .args(args)
            .current_dir(self.0.path())
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Process(command)
    }
}

/// Process that has not started yet.
pub(crate) struct Process(Command);

impl Process {
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    pub(crate) fn stdin(mut self, from: impl Into<Stdio>) -> Self {
        self.0.stdin(from);
        self
    }

    pub(crate) fn stdout(mut self, to: impl Into<Stdio>) -> Self {
        self.0.stdout(to);
        self
    }

    pub(crate) fn ended(self) -> Ended {
        self.started().ended()
    }

    /// Starts the process and waits for a log line that contains `event`.
    pub(crate) fn until(self, event: &str) -> Running {
        let mut running = self.started();
        while !running.seen.contains(event) {
            let read = running.log.read_line(&mut running.seen);
            assert!(
                read.expect("a log line") > 0,
                "no {event:?} in\n{}",
                running.seen
            );
        }
        running
    }

    pub(crate) fn started(mut self) -> Running {
        let mut child = self.0.spawn().expect("the binary starts");
        let log = BufReader::new(child.stderr.take().expect("piped"));
        Running {
            child,
            log,
            seen: String::new(),
        }
    }
}

/// Running process.
pub(crate) struct Running {
    child: Child,
    log: BufReader<ChildStderr>,
    seen: String,
}

impl Running {
    pub(crate) fn signal(&self, name: &str) {
        kill(name, self.child.id());
    }

    /// Waits for the end of the process. Kills it and panics after [`DEADLINE`].
    pub(crate) fn ended(self) -> Ended {
        let Self {
            child,
            mut log,
            mut seen,
        } = self;
        let id = child.id();
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            // The process writes little to stdout, so that pipe cannot fill while this thread reads the log.
            log.read_to_string(&mut seen).expect("the log");
            let output = child.wait_with_output().expect("a status");
            tell.send(Ended {
                code: output.status.code(),
                out: String::from_utf8(output.stdout).expect("text"),
                err: seen,
            })
        });
        told.recv_timeout(DEADLINE).unwrap_or_else(|_| {
            kill("-KILL", id);
            panic!("the process hangs");
        })
    }
}

fn kill(signal: &str, id: u32) {
    let sent = Command::new("kill")
        .args([signal, &id.to_string()])
        .status();
    assert!(sent.expect("kill").success());
}

/// Exit code and output of a process that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// Expects that the process failed with exit code `code`. Returns the error message, the last line of its log,
    /// which must contain all of `parts`.
    pub(crate) fn refused(self, code: i32, parts: &[&str]) -> String {
        let Self { err, .. } = &self;
        assert_eq!(self.code, Some(code), "{err}");
        assert_eq!(self.out, "", "nothing is said to be done");
        let line = err.lines().last().unwrap_or_default();
        assert!(line.starts_with("error: "), "{err}");
        assert!(line.len() < 2000, "{} bytes of message", line.len());
        for part in parts {
            assert!(line.contains(part), "no {part:?} in {line}");
        }
        line.to_owned()
    }
}

/// Returns a path as a command-line argument.
pub(crate) fn arg(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

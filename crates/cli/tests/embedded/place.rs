//! A folder per test, and runs of the binary in it.

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

/// A folder of one test, in which its processes run.
pub(crate) struct Place(tempfile::TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file, and the folders it lies in.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, bytes).expect("a file");
        path
    }

    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Names in a folder, hidden ones too, sorted.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).expect("a folder");
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    /// Waits until `condition` holds, for as long as `most`.
    pub(crate) fn wait_for(&self, most: Duration, condition: impl Fn() -> bool) {
        let end = Instant::now() + most;
        while !condition() {
            assert!(Instant::now() < end, "it does not come");
            thread::yield_now();
        }
    }

    /// Runs `mapreduce run` with `args` to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        self.command(args).ended()
    }

    /// Runs it and expects it to succeed.
    pub(crate) fn done(&self, args: &[&str]) -> Ended {
        let ended = self.run(args);
        assert_eq!(ended.code, Some(0), "{args:?}\n{}", ended.err);
        ended
    }

    /// Runs it and expects it to fail with `code`, the last line naming all of `parts`; answers that line.
    pub(crate) fn refused(&self, args: &[&str], code: i32, parts: &[&str]) -> String {
        self.run(args).refused(code, parts)
    }

    /// The binary, to be run here, with no settings from around.
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

/// A process to be.
pub(crate) struct Process(Command);

impl Process {
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.0.env(name, value);
        self
    }

    pub(crate) fn ended(self) -> Ended {
        self.started().ended()
    }

    /// Starts it and waits for a log line that contains `event`.
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

/// A process that goes on.
pub(crate) struct Running {
    child: Child,
    log: BufReader<ChildStderr>,
    seen: String,
}

impl Running {
    pub(crate) fn signal(&self, name: &str) {
        kill(name, self.child.id());
    }

    /// Waits for its end; kills it if that does not come.
    pub(crate) fn ended(self) -> Ended {
        let Self {
            child,
            mut log,
            mut seen,
        } = self;
        let id = child.id();
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            // Little is written to stdout: the pipe cannot fill while the log is read.
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

/// A process that ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// Expects that it failed with `code` and said so in a last line that names all of `parts`; answers
    /// that line.
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

/// A path as a command-line argument.
pub(crate) fn arg(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

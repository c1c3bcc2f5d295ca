//! A child process under test.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;

use crate::eventually::{DEADLINE, eventually};

/// A child process whose stdout and stderr go to a log file. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` with `log` as its output.
    ///
    /// # Panics
    /// Panics if the command cannot be started.
    pub fn start(command: &mut Command, log: &Path) -> Self {
        let output = File::create(log).expect("a log can be created");
        let errors = output.try_clone().expect("a file has a second handle");
        let child = command
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        let log = log.to_path_buf();
        Self { child, log }
    }

    /// Waits for the end and returns the exit code: 128 + the signal's number if a signal ended it, as in shells.
    ///
    /// # Panics
    /// Panics if the process still runs after [`DEADLINE`].
    pub fn exit(&mut self) -> i32 {
        self.exit_within(DEADLINE)
    }

    /// Waits like [`Process::exit`], with another deadline.
    ///
    /// # Panics
    /// Panics if the process still runs at the deadline.
    pub fn exit_within(&mut self, deadline: Duration) -> i32 {
        let mut code = None;
        let what = format!("the process of {} ends", self.log.display());
        eventually(deadline, &what, || {
            code = self.ended();
            code.is_some()
        });
        code.expect("the process has ended")
    }

    /// Returns the exit code if the process has ended.
    pub fn ended(&mut self) -> Option<i32> {
        let status = self
            .child
            .try_wait()
            .expect("our own child can be waited for");
        status.map(code)
    }

    /// Kills the process like a power cut (SIGKILL).
    ///
    /// # Panics
    /// Panics if it had ended before: the test would not show what its name says.
    pub fn kill(&mut self) {
        assert_eq!(
            self.ended(),
            None,
            "{} ended before it was killed",
            self.log.display()
        );
        self.child.kill().expect("our own child can be killed");
        assert_eq!(self.exit(), 128 + Signal::SIGKILL as i32);
    }

    /// Requests a graceful end (SIGTERM).
    pub fn terminate(&self) {
        self.signal(Signal::SIGTERM);
    }

    /// Suspends the process (SIGSTOP).
    pub fn stop(&self) {
        self.signal(Signal::SIGSTOP);
    }

    /// Resumes the process (SIGCONT).
    pub fn resume(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        // No other process can have the id before this one is waited for.
        let pid = Pid::from_raw(i32::try_from(self.child.id()).expect("process ids are small"));
        signal::kill(pid, signal).expect("our own child takes signals");
    }

    /// Returns the log so far.
    pub fn log(&self) -> String {
        let bytes = fs::read(&self.log).expect("our own log can be read");
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Waits until the log contains `text`.
    ///
    /// # Panics
    /// Panics if it does not after [`DEADLINE`].
    pub fn await_log(&self, text: &str) {
        let what = format!("{} contains {text:?}", self.log.display());
        eventually(DEADLINE, &what, || self.log().contains(text));
    }

    /// Checks that the log contains `text`.
    ///
    /// # Panics
    /// Panics with the log if it does not.
    pub fn assert_log(&self, text: &str) {
        let log = self.log();
        assert!(
            log.contains(text),
            "{} lacks {text:?}:\n{log}",
            self.log.display()
        );
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that the process has ended. SIGKILL also ends suspended processes.
        if self.child.kill().is_ok() {
            self.child.wait().ok();
        }
    }
}

fn code(status: ExitStatus) -> i32 {
    let signalled = || {
        128 + status
            .signal()
            .expect("a process without an exit code was ended by a signal")
    };
    status.code().unwrap_or_else(signalled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> (Process, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("sh.log");
        (
            Process::start(Command::new("sh").args(["-c", script]), &log),
            folder,
        )
    }

    #[test]
    fn exit_codes_of_signals_are_those_of_shells() {
        for (script, code) in [("exit 0", 0), ("exit 69", 69), ("kill -9 $$", 137)] {
            assert_eq!(shell(script).0.exit(), code, "{script}");
        }
    }

    #[test]
    fn a_stopped_process_does_nothing_until_it_is_resumed() {
        let (mut process, _folder) =
            shell("trap 'echo two; exit' TERM; echo one; while :; do :; done");
        process.await_log("one");
        process.stop();
        let state = format!("/proc/{}/stat", process.child.id());
        eventually(DEADLINE, "the process is suspended", || {
            fs::read_to_string(&state).unwrap().contains(") T ")
        });
        process.terminate();
        assert_eq!(process.ended(), None);
        assert_eq!(process.log(), "one\n");
        process.resume();
        assert_eq!(process.exit(), 0);
        assert_eq!(process.log(), "one\ntwo\n");
    }

    #[test]
    fn a_terminated_process_ends_by_the_signal() {
        let (mut process, _folder) = shell("echo up; while :; do :; done");
        process.await_log("up");
        process.terminate();
        assert_eq!(process.exit(), 143);
    }
}

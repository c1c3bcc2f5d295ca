//! The processes of one job: a Redis server, a master, workers; killed and started again.

use std::fs::File;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;

use anyhow::Context;
use testkit::RedisServer;

use crate::workspace::release_binary;

/// A crash point ends its process with the code that shells give for SIGKILL.
const KILLED: i32 = 128 + SIGKILL;

/// The number is the same on every Unix.
const SIGKILL: i32 = 9;

/// A process that is started again when it was killed.
#[derive(Debug)]
pub(super) struct Process {
    binary: &'static str,
    name: String,
    settings: Vec<(&'static str, String)>,
    folder: PathBuf,
    child: Option<Child>,
    /// When it was last started.
    pub(super) since: Instant,
    /// Not to be started before this moment; never again if none.
    away_until: Option<Instant>,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// Exit code 0.
    Done,
    /// By SIGKILL.
    Killed,
    /// At a crash point.
    Crashed,
    /// By itself with an error, or by another signal: the code as shells tell it.
    Failed(i32),
}

impl Process {
    /// Starts `binary` in `folder`; its output goes to `name`.log there.
    pub(super) fn start(
        binary: &'static str,
        name: &str,
        settings: Vec<(&'static str, String)>,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let now = Instant::now();
        let mut process = Self {
            binary,
            name: name.to_owned(),
            settings,
            folder: folder.to_path_buf(),
            child: None,
            since: now,
            away_until: Some(now),
        };
        process.start_again()?;
        Ok(process)
    }

    /// Kills it at once; true if it was running. It may be started again from `away_until` on.
    pub(super) fn kill(&mut self, away_until: Instant) -> bool {
        self.away_until = Some(away_until);
        let Some(child) = &mut self.child else {
            return false;
        };
        // An error means that it has ended already; how, `ending` will tell.
        let running = matches!(child.try_wait(), Ok(None));
        child.kill().ok();
        running
    }

    /// How it ended, told once; none while it runs.
    pub(super) fn ending(&mut self) -> anyhow::Result<Option<Ending>> {
        let Some(child) = &mut self.child else {
            return Ok(None);
        };
        let status = child
            .try_wait()
            .with_context(|| format!("cannot wait for {}", self.name))?;
        let Some(status) = status else {
            return Ok(None);
        };
        self.child = None;
        Ok(Some(Ending::of(status)))
    }

    pub(super) fn is_running(&self) -> bool {
        self.child.is_some()
    }

    /// Keeps it down.
    pub(super) fn retire(&mut self) {
        self.away_until = None;
    }

    /// Starts it if it is down and its time away is over.
    pub(super) fn start_when_due(&mut self, now: Instant) -> anyhow::Result<()> {
        if self.child.is_none() && self.away_until.is_some_and(|until| now >= until) {
            self.start_again()?;
        }
        Ok(())
    }

    fn start_again(&mut self) -> anyhow::Result<()> {
        let path = self.folder.join(format!("{}.log", self.name));
        let log = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        let child = Command::new(release_binary(self.binary))
            .current_dir(&self.folder)
            .envs(self.settings.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", self.binary))?;
        self.child = Some(child);
        self.since = Instant::now();
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Errors mean that it has ended already.
            child.kill().ok();
            child.wait().ok();
        }
    }
}

impl Ending {
    fn of(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(0), _) => Self::Done,
            (Some(KILLED), _) => Self::Crashed,
            (Some(code), _) => Self::Failed(code),
            (None, Some(SIGKILL)) => Self::Killed,
            (None, signal) => Self::Failed(128 + signal.unwrap_or(0)),
        }
    }
}

/// Everyone who takes part in a job.
#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) master: Process,
    pub(super) workers: Vec<Process>,
    // Last, so that it is dropped last: the others would log complaints about its absence.
    pub(super) redis: RedisServer,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_are_told_apart() {
        let ending =
            |script: &str| Ending::of(Command::new("sh").args(["-c", script]).status().unwrap());
        assert_eq!(ending("exit 0"), Ending::Done);
        assert_eq!(ending("exit 137"), Ending::Crashed);
        assert_eq!(ending("kill -9 $$"), Ending::Killed);
        assert_eq!(ending("exit 69"), Ending::Failed(69));
        assert_eq!(ending("kill -11 $$"), Ending::Failed(139));
    }
}

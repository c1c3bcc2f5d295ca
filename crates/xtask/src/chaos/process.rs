//! A process of a job behind a network of its own; killed, stopped, starved and started again.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use testkit::Proxy;

use crate::workspace::debug_binary;

/// A crash point ends its process with the code that shells give for SIGKILL.
pub(crate) const KILLED: i32 = 128 + Signal::SIGKILL as i32;

/// How long a process that gave up stays away.
const PAUSE: Duration = Duration::from_millis(100);

/// Settings without the MAPREDUCE__ before their names.
pub(crate) type Settings = Vec<(String, String)>;

/// A process that is started again when it was killed or gave up.
#[derive(Debug)]
pub(crate) struct Process {
    binary: &'static str,
    name: String,
    settings: Settings,
    folder: PathBuf,
    child: Option<Child>,
    /// The network between it and Redis.
    pub(crate) proxy: Proxy,
    /// When it was last started.
    pub(crate) started: Instant,
    /// When it was last started, or last hit by a fault.
    pub(crate) since: Instant,
    /// Whether its memory was bounded since it was last started.
    pub(crate) starved: bool,
    /// Not to be started before this moment; never again if none.
    away_until: Option<Instant>,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
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
    /// Starts `binary` in `folder`, with the Redis at this port; its output goes to `name`.log there.
    pub(crate) fn start(
        binary: &'static str,
        name: &str,
        settings: Settings,
        redis: u16,
        folder: &Path,
    ) -> anyhow::Result<Self> {
        let now = Instant::now();
        let mut process = Self {
            binary,
            name: name.to_owned(),
            settings,
            folder: folder.to_path_buf(),
            child: None,
            proxy: Proxy::start(redis),
            started: now,
            since: now,
            starved: false,
            away_until: Some(now),
        };
        process.start_again()?;
        Ok(process)
    }

    /// Kills it at once; true if it was running. It may be started again from `away_until` on.
    pub(crate) fn kill(&mut self, away_until: Instant) -> bool {
        let Some(child) = &mut self.child else {
            return false;
        };
        // Otherwise it has ended already; how, `ending` will tell.
        let running = matches!(child.try_wait(), Ok(None));
        if running {
            self.away_until = Some(away_until);
            child.kill().ok();
        }
        running
    }

    /// Sends a signal, if it runs.
    pub(crate) fn signal(&mut self, signal: Signal) -> bool {
        self.since = Instant::now();
        self.pid()
            .is_some_and(|pid| signal::kill(pid, signal).is_ok())
    }

    /// Bounds what it may reserve: so many bytes more than now, or without any bound.
    pub(crate) fn bound_memory(&mut self, spare: Option<u64>) -> bool {
        let Some(pid) = self.pid() else {
            return false;
        };
        let limit = match spare {
            Some(spare) => size_of(pid).map(|size| (size + spare).to_string()),
            None => Some("unlimited".to_owned()),
        };
        let Some(limit) = limit else {
            return false;
        };
        self.starved |= spare.is_some();
        Command::new("prlimit")
            .args([format!("--pid={pid}"), format!("--as={limit}:")])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    /// How it ended, told once; none while it runs.
    pub(crate) fn ending(&mut self) -> anyhow::Result<Option<Ending>> {
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

    pub(crate) fn is_running(&self) -> bool {
        self.child.is_some()
    }

    /// Whether it has ended for good.
    pub(crate) fn is_retired(&self) -> bool {
        self.child.is_none() && self.away_until.is_none()
    }

    /// Keeps it down.
    pub(crate) fn retire(&mut self) {
        self.away_until = None;
    }

    /// Lets it be started again soon, even if it was retired.
    pub(crate) fn recall(&mut self, now: Instant) {
        if self.child.is_none() && self.away_until.is_none_or(|until| until < now) {
            self.away_until = Some(now + PAUSE);
        }
    }

    /// Starts it if it is down and its time away is over; true if it did.
    pub(crate) fn start_when_due(&mut self, now: Instant) -> anyhow::Result<bool> {
        let due = self.child.is_none() && self.away_until.is_some_and(|until| now >= until);
        if due {
            self.start_again()?;
        }
        Ok(due)
    }

    /// The last line of its log, without what differs from run to run.
    pub(crate) fn last_words(&self) -> String {
        let log = self.said();
        let lines = || log.lines().rev().take(20);
        let is_telling = |line: &&str| {
            let parts = ["memory allocation", "panicked at"];
            line.starts_with("error") || parts.iter().any(|part| line.contains(part))
        };
        let line = lines()
            .find(is_telling)
            .or_else(|| lines().next())
            .unwrap_or("it said nothing");
        let line = line.replace(&self.folder.display().to_string(), "…");
        let mut words = String::new();
        for c in line.chars() {
            let c = if c.is_ascii_digit() { '#' } else { c };
            if c != '#' || !words.ends_with('#') {
                words.push(c);
            }
        }
        words
    }

    /// All that it has said, whenever it was started.
    pub(crate) fn said(&self) -> String {
        let log = fs::read(self.log()).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    fn pid(&self) -> Option<Pid> {
        let id = self.child.as_ref()?.id();
        // Nobody else can have the id: the child has not been waited for.
        i32::try_from(id).ok().map(Pid::from_raw)
    }

    fn log(&self) -> PathBuf {
        self.folder.join(format!("{}.log", self.name))
    }

    fn start_again(&mut self) -> anyhow::Result<()> {
        let path = self.log();
        let log = File::options()
            .create(true)
            .append(true)
            .open(&path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        let child = with_settings(self.binary, &self.settings)
            .env("MAPREDUCE__REDIS__URL", self.proxy.url())
            .current_dir(&self.folder)
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot start {}", self.binary))?;
        self.child = Some(child);
        self.started = Instant::now();
        self.since = self.started;
        self.starved = false;
        Ok(())
    }
}

/// A program that is told these settings.
pub(crate) fn with_settings(binary: &str, settings: &Settings) -> Command {
    let mut command = Command::new(debug_binary(binary));
    for (name, value) in settings {
        command.env(format!("MAPREDUCE__{name}"), value);
    }
    command.stdin(Stdio::null());
    command
}

/// The address space of a process, in bytes.
fn size_of(pid: Pid) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmSize:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
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
            (None, Some(9)) => Self::Killed,
            (None, signal) => Self::Failed(128 + signal.unwrap_or(0)),
        }
    }
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

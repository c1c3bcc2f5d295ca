//! A process of a job behind its own proxy. It can be killed, stopped, starved of memory and restarted.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use testkit::Proxy;

use devtools::workspace::debug_binary;

/// Exit code of a crash point: the code that shells report for SIGKILL.
pub const SIGKILL_EXIT_CODE: i32 = 128 + Signal::SIGKILL as i32;

/// Time between the exit of a process and its restart.
const PAUSE: Duration = Duration::from_millis(100);

/// Settings by the names of their environment variables without `MAPREDUCE__`.
pub type Settings = Vec<(String, String)>;

/// A process that can be restarted after it was killed or exited.
#[derive(Debug)]
pub struct Process {
    binary: &'static str,
    name: String,
    settings: Settings,
    folder: PathBuf,
    child: Option<Child>,
    /// Proxy between the process and Redis.
    pub proxy: Proxy,
    /// Time of the last start.
    pub started: Instant,
    /// Time of the last start or fault.
    pub last_fault: Instant,
    /// True if its memory was limited since the last start.
    pub starved: bool,
    /// Earliest time of the next start. `None` keeps the process down.
    down_until: Option<Instant>,
}

/// Exit of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Exit code 0.
    Done,
    /// By SIGKILL.
    Killed,
    /// At a crash point.
    Crashed,
    /// With another exit code, or by another signal. The code is the one that shells report.
    Failed(i32),
}

impl Process {
    /// Starts `binary` in `folder` with the Redis at port `redis`. Its output goes to the file `name`.log in the
    /// folder.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn start(
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
            last_fault: now,
            starved: false,
            down_until: Some(now),
        };
        process.start_again()?;
        Ok(process)
    }

    /// Kills the process and returns whether it was running. It can restart from `down_until` on.
    pub fn kill(&mut self, down_until: Instant) -> bool {
        let Some(child) = &mut self.child else {
            return false;
        };
        // A process that has already ended is left to `ending`, which reports how.
        let running = matches!(child.try_wait(), Ok(None));
        if running {
            self.down_until = Some(down_until);
            child.kill().ok();
        }
        running
    }

    /// Sends a signal. Returns whether the process was running.
    pub fn signal(&mut self, signal: Signal) -> bool {
        self.last_fault = Instant::now();
        self.pid()
            .is_some_and(|pid| signal::kill(pid, signal).is_ok())
    }

    /// Limits the address space to `headroom` bytes more than now, or removes the limit.
    ///
    /// Returns whether the limit is in effect.
    pub fn limit_memory(&mut self, headroom: Option<u64>) -> bool {
        let Some(pid) = self.pid() else {
            return false;
        };
        let limit = match headroom {
            Some(headroom) => size_of(pid).map(|size| (size + headroom).to_string()),
            None => Some("unlimited".to_owned()),
        };
        let Some(limit) = limit else {
            return false;
        };
        self.starved |= headroom.is_some();
        Command::new("prlimit")
            .args([format!("--pid={pid}"), format!("--as={limit}:")])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    }

    /// Returns how the process ended, once after each end. Returns `None` while it runs.
    ///
    /// # Errors
    /// The system cannot report the state of the process.
    pub fn ending(&mut self) -> anyhow::Result<Option<Ending>> {
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

    /// Returns whether the process runs, or has ended without a call of [`Process::ending`].
    pub fn is_running(&self) -> bool {
        self.child.is_some()
    }

    /// Returns whether the process is down and will not restart.
    pub fn is_retired(&self) -> bool {
        self.child.is_none() && self.down_until.is_none()
    }

    /// Keeps the process down.
    pub fn retire(&mut self) {
        self.down_until = None;
    }

    /// Lets the process restart soon, even after [`Process::retire`].
    pub fn recall(&mut self, now: Instant) {
        if self.child.is_none() && self.down_until.is_none_or(|until| until < now) {
            self.down_until = Some(now + PAUSE);
        }
    }

    /// Restarts the process if it is down and its restart is due. Returns whether it was restarted.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn start_when_due(&mut self, now: Instant) -> anyhow::Result<bool> {
        let due = self.child.is_none() && self.down_until.is_some_and(|until| now >= until);
        if due {
            self.start_again()?;
        }
        Ok(due)
    }

    /// Returns the last error in the log, with folders and numbers masked so that equal errors compare equal.
    pub fn last_message(&self) -> String {
        let log = self.log_text();
        let lines = || log.lines().rev().take(20);
        let is_error = |line: &&str| {
            let parts = ["memory allocation", "panicked at"];
            line.starts_with("error") || parts.iter().any(|part| line.contains(part))
        };
        let line = lines()
            .find(is_error)
            .or_else(|| lines().next())
            .unwrap_or("the log is empty");
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

    /// Returns the whole log, from the first start on.
    pub fn log_text(&self) -> String {
        let log = fs::read(self.log()).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    fn pid(&self) -> Option<Pid> {
        let id = self.child.as_ref()?.id();
        // The id cannot belong to another process, because this one has not been waited for.
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
        self.last_fault = self.started;
        self.starved = false;
        Ok(())
    }
}

/// Returns the command of a program with these settings.
pub fn with_settings(binary: &str, settings: &Settings) -> Command {
    let mut command = Command::new(debug_binary(binary));
    for (name, value) in settings {
        command.env(format!("MAPREDUCE__{name}"), value);
    }
    command.stdin(Stdio::null());
    command
}

/// Size of the address space of a process in bytes.
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
            // An error means that the process has already ended.
            child.kill().ok();
            child.wait().ok();
        }
    }
}

impl Ending {
    fn of(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(0), _) => Self::Done,
            (Some(SIGKILL_EXIT_CODE), _) => Self::Crashed,
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
    fn each_kind_of_exit_is_recognised() {
        let ending =
            |script: &str| Ending::of(Command::new("sh").args(["-c", script]).status().unwrap());
        assert_eq!(ending("exit 0"), Ending::Done);
        assert_eq!(ending("exit 137"), Ending::Crashed);
        assert_eq!(ending("kill -9 $$"), Ending::Killed);
        assert_eq!(ending("exit 69"), Ending::Failed(69));
        assert_eq!(ending("kill -11 $$"), Ending::Failed(139));
    }
}

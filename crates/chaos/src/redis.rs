//! The Redis server of a job and its older snapshots.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use testkit::RedisServer;

use crate::fault::Restart;

/// Maximum number of kept snapshots. A job takes seconds, so these reach back to any moment of it.
const KEPT: usize = 30;

/// Time limit for a reply. A stopped server does not reply and must not delay other faults.
const REPLY_TIMEOUT: Duration = Duration::from_millis(200);

/// Number of bytes that an append-only file loses to become an old one.
const FAR_BACK: u64 = 6_000;

/// A Redis server that can be down.
#[derive(Debug)]
pub(crate) struct Redis {
    pub(crate) server: RedisServer,
    append_only: bool,
    folder: PathBuf,
    kept: Vec<PathBuf>,
    /// Time at which the last kept snapshot was written.
    written: Option<SystemTime>,
    /// Time of the restart, and its data. `None` while the server runs.
    restart: Option<(Instant, Restart)>,
    /// Number of SIGKILLs so far.
    pub(crate) deaths: u64,
}

impl Redis {
    /// Starts the server. Copies of its snapshots go to `folder`.
    pub(crate) fn start(append_only: bool, folder: &Path) -> Self {
        let log = ["--appendonly", "yes"];
        Self {
            server: RedisServer::start_with(if append_only { &log } else { &[] }),
            append_only,
            folder: folder.to_path_buf(),
            kept: Vec::new(),
            written: None,
            restart: None,
            deaths: 0,
        }
    }

    /// Returns whether the server was killed and has not restarted.
    pub(crate) fn is_down(&self) -> bool {
        self.restart.is_some()
    }

    /// Kills the server if it runs. It restarts at `at`.
    ///
    /// Returns the data of the restart, which is all data if there is no older state. Returns `None` if the server was
    /// down.
    pub(crate) fn kill(&mut self, at: Instant, restart: Restart) -> Option<Restart> {
        if self.is_down() {
            return None;
        }
        self.keep_snapshot();
        self.server.kill();
        self.deaths += 1;
        let restart = match restart {
            Restart::Old(_) if !self.append_only && self.kept.is_empty() => Restart::Newest,
            Restart::Torn(_) if !self.append_only => Restart::Newest,
            restart => restart,
        };
        self.restart = Some((at, restart));
        Some(restart)
    }

    /// Sends a signal. Returns whether the server was running.
    pub(crate) fn signal(&self, signal: Signal) -> bool {
        let pid = i32::try_from(self.server.pid()).map(Pid::from_raw);
        !self.is_down() && pid.is_ok_and(|pid| signal::kill(pid, signal).is_ok())
    }

    /// Limits the memory to `headroom` bytes more than now, or removes the limit.
    ///
    /// Returns whether the limit is in effect.
    pub(crate) fn limit_memory(&self, headroom: Option<u64>) -> bool {
        let limit = match headroom {
            Some(headroom) => self.used().map(|used| used + headroom),
            None => Some(0),
        };
        limit.is_some_and(|limit| {
            self.query(&format!("CONFIG SET maxmemory {limit}"))
                .is_some_and(|answer| answer.starts_with("+OK"))
        })
    }

    /// Keeps a copy of a new snapshot.
    pub(crate) fn keep_snapshot(&mut self) {
        let dump = self.server.dump();
        let written = fs::metadata(&dump).and_then(|file| file.modified()).ok();
        if written.is_none() || written == self.written || self.kept.len() >= KEPT {
            return;
        }
        let copy = self.folder.join(format!("kept-{}.rdb", self.kept.len()));
        if fs::copy(&dump, &copy).is_ok() {
            self.kept.push(copy);
            self.written = written;
        }
    }

    /// Restarts the server if it is down and its restart is due.
    pub(crate) fn start_when_due(&mut self, now: Instant) {
        let Some((_, restart)) = self.restart.take_if(|(at, _)| now >= *at) else {
            return;
        };
        match restart {
            Restart::Empty => self.server.restart_empty(),
            Restart::Newest => self.server.restart(),
            Restart::Old(_) if self.append_only => drop(self.server.restart_torn(FAR_BACK)),
            Restart::Old(share) => {
                let index = self.kept.len() * share as usize / 1000;
                self.server.restart_from(&self.kept[index]);
            }
            Restart::Torn(bytes) => drop(self.server.restart_torn(u64::from(bytes))),
        }
    }

    fn used(&self) -> Option<u64> {
        let info = self.query("INFO memory")?;
        let line = info
            .lines()
            .find_map(|line| line.strip_prefix("used_memory:"))?;
        line.trim().parse().ok()
    }

    /// Sends a command and returns the reply, or `None` after [`REPLY_TIMEOUT`].
    fn query(&self, command: &str) -> Option<String> {
        if self.is_down() {
            return None;
        }
        let mut stream = TcpStream::connect(("127.0.0.1", self.server.port())).ok()?;
        stream.set_read_timeout(Some(REPLY_TIMEOUT)).ok()?;
        stream
            .write_all(format!("{command}\r\nQUIT\r\n").as_bytes())
            .ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        Some(String::from_utf8_lossy(&answer).into_owned())
    }
}

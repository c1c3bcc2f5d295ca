//! The Redis of a job: where it stands, and its older snapshots.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use testkit::RedisServer;

use super::fault::Back;

/// Snapshots that are kept, at most: enough for a rollback to any moment of a job of seconds.
const KEPT: usize = 30;

/// A server that is stopped does not answer, and must not hold the faults up.
const PATIENCE: Duration = Duration::from_millis(200);

/// Bytes that a log of writes loses when it is to be an old one.
const FAR_BACK: u64 = 6_000;

/// A server that can be down.
#[derive(Debug)]
pub(super) struct Redis {
    pub(super) server: RedisServer,
    append_only: bool,
    folder: PathBuf,
    kept: Vec<PathBuf>,
    /// When the snapshot kept last was written.
    written: Option<SystemTime>,
    /// When it comes back, and how.
    back: Option<(Instant, Back)>,
    /// How often it was killed.
    pub(super) deaths: u64,
}

impl Redis {
    /// Starts it; snapshots are kept in `folder`.
    pub(super) fn start(append_only: bool, folder: &Path) -> Self {
        let log = ["--appendonly", "yes"];
        Self {
            server: RedisServer::start_with(if append_only { &log } else { &[] }),
            append_only,
            folder: folder.to_path_buf(),
            kept: Vec::new(),
            written: None,
            back: None,
            deaths: 0,
        }
    }

    pub(super) fn is_down(&self) -> bool {
        self.back.is_some()
    }

    /// Kills it, unless it is down; how it will come back if it ran: with all it has if there is nothing older.
    pub(super) fn kill(&mut self, at: Instant, back: Back) -> Option<Back> {
        if self.is_down() {
            return None;
        }
        self.keep_snapshot();
        self.server.kill();
        self.deaths += 1;
        let back = match back {
            Back::Old(_) if !self.append_only && self.kept.is_empty() => Back::Newest,
            Back::Torn(_) if !self.append_only => Back::Newest,
            back => back,
        };
        self.back = Some((at, back));
        Some(back)
    }

    /// Sends a signal, if it runs.
    pub(super) fn signal(&self, signal: Signal) -> bool {
        let pid = i32::try_from(self.server.pid()).map(Pid::from_raw);
        !self.is_down() && pid.is_ok_and(|pid| signal::kill(pid, signal).is_ok())
    }

    /// Lets it use so many bytes more than now, or as many as it likes; true if that holds.
    pub(super) fn bound_memory(&self, spare: Option<u64>) -> bool {
        let limit = match spare {
            Some(spare) => self.used().map(|used| used + spare),
            None => Some(0),
        };
        limit.is_some_and(|limit| {
            self.ask(&format!("CONFIG SET maxmemory {limit}"))
                .is_some_and(|answer| answer.starts_with("+OK"))
        })
    }

    /// Puts a copy of a new snapshot aside.
    pub(super) fn keep_snapshot(&mut self) {
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

    /// Starts a server that is down, if it is due at `now`.
    pub(super) fn start_when_due(&mut self, now: Instant) {
        let Some((_, back)) = self.back.take_if(|(at, _)| now >= *at) else {
            return;
        };
        match back {
            Back::Empty => self.server.restart_empty(),
            Back::Newest => self.server.restart(),
            Back::Old(_) if self.append_only => drop(self.server.restart_torn(FAR_BACK)),
            Back::Old(share) => {
                let index = self.kept.len() * share as usize / 1000;
                self.server.restart_from(&self.kept[index]);
            }
            Back::Torn(bytes) => drop(self.server.restart_torn(u64::from(bytes))),
        }
    }

    fn used(&self) -> Option<u64> {
        let info = self.ask("INFO memory")?;
        let line = info
            .lines()
            .find_map(|line| line.strip_prefix("used_memory:"))?;
        line.trim().parse().ok()
    }

    /// The answer to a command; none if there is none soon.
    fn ask(&self, command: &str) -> Option<String> {
        if self.is_down() {
            return None;
        }
        let mut stream = TcpStream::connect(("127.0.0.1", self.server.port())).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        stream
            .write_all(format!("{command}\r\nQUIT\r\n").as_bytes())
            .ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        Some(String::from_utf8_lossy(&answer).into_owned())
    }
}

//! A command at work.
//!
//! One thread feeds it and takes what it writes, by pipes that never block: a command that does not read is not
//! waited for while it writes, and the other way round. Whenever nothing of use has happened for a moment, it is looked
//! whether the attempt is cancelled, and whether the command has moved since: read its stdin, written to its stdout,
//! or reported. What else it says on its stderr is no move.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, ExitStatus};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mapreduce::job::JobError;
use mapreduce::shuffle::ShuffleError;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal};

use crate::failure::Name;
use crate::folder::Folder;
use crate::guard::{END, UNABLE};
use crate::idle::{Idle, TICK};
use crate::lines::{Lines, TooLong};
use crate::messages::Messages;
use crate::settings::Limits;
use crate::stop::{Stop, Taker};

/// How often a guard that was told to end is looked for: ten seconds, twice of what it gives itself.
const LOOK: Duration = Duration::from_millis(5);
const LOOKS: u32 = 2000;

/// As much as the system gives without privileges: command and attempt seldom wait for each other. In bytes.
#[cfg(target_os = "linux")]
const PIPE: usize = 1 << 20;

/// A command that was started.
#[derive(Debug)]
pub(crate) struct Process {
    name: Name,
    guard: Child,
    /// `None` when it is to read no more, or does not.
    stdin: Option<ChildStdin>,
    /// `None` behind the end.
    stdout: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    pending: Vec<u8>,
    lines: Lines,
    messages: Messages,
    limits: Limits,
    idle: Idle,
    cancelled: Arc<AtomicBool>,
    folder: Rc<Folder>,
}

/// What a process is made of beside its guard.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) name: Name,
    pub(crate) messages: Messages,
    pub(crate) limits: Limits,
    pub(crate) cancelled: Arc<AtomicBool>,
    pub(crate) folder: Rc<Folder>,
}

impl Process {
    /// A command whose `guard` was started with three pipes.
    ///
    /// # Errors
    /// Those of the pipes.
    pub(crate) fn new(mut guard: Child, parts: Parts) -> io::Result<Self> {
        let (stdin, stdout) = (guard.stdin.take(), guard.stdout.take());
        let process = Self {
            name: parts.name,
            stderr: guard.stderr.take(),
            guard,
            stdin,
            stdout,
            pending: Vec::new(),
            lines: Lines::new(parts.limits.line),
            messages: parts.messages,
            limits: parts.limits,
            idle: Idle::default(),
            cancelled: parts.cancelled,
            folder: parts.folder,
        };
        for pipe in [
            process.stdin.as_ref().map(AsFd::as_fd),
            process.stdout.as_ref().map(AsFd::as_fd),
        ]
        .into_iter()
        .flatten()
        {
            rustix::io::ioctl_fionbio(pipe, true)?;
            #[cfg(target_os = "linux")]
            // Where many pipes are large already, it stays small, which is slower.
            let _smaller = rustix::pipe::fcntl_setpipe_size(pipe, PIPE);
        }
        if let Some(stderr) = &process.stderr {
            rustix::io::ioctl_fionbio(stderr, true)?;
        }
        Ok(process)
    }

    /// What it is to read next, until [`Process::flush`].
    #[inline]
    pub(crate) fn pending(&mut self) -> &mut Vec<u8> {
        &mut self.pending
    }

    /// Writes what is pending, and hands over what it has written meanwhile. If it reads no more, the rest is
    /// dropped.
    ///
    /// # Errors
    /// See [`Stop`].
    pub(crate) fn flush(&mut self, taker: &mut impl Taker) -> Result<(), Stop> {
        let mut sent = 0;
        while sent < self.pending.len() && self.stdin.is_some() {
            let written = self.write(sent)?;
            sent += written;
            let read = self.read(taker)?;
            if written == 0 && !read {
                self.wait()?;
            }
        }
        self.pending.clear();
        Ok(())
    }

    /// Ends its input, hands over what it writes until its end, and looks how it ended.
    ///
    /// # Errors
    /// See [`Stop`].
    pub(crate) fn finish(&mut self, taker: &mut impl Taker) -> Result<(), Stop> {
        self.flush(taker)?;
        self.idle.stdin = self.stdin.take().and_then(other_end);
        while self.stdout.is_some() || self.stderr.is_some() {
            if !self.read(taker)? {
                self.wait()?;
            }
        }
        if let Some(line) = self.lines.rest() {
            taker.line(line);
        }
        self.messages.rest();
        taker.block()?;
        let status = self.guard.wait().map_err(|error| self.broken(&error))?;
        self.judge(status)
    }

    fn judge(&self, status: ExitStatus) -> Result<(), Stop> {
        let judged = self
            .name
            .judge(status, &self.messages.tail(), self.folder.work());
        judged.map_err(Stop::Failed)
    }

    /// Writes what it takes of what is pending behind `sent`; answers the number of bytes.
    fn write(&mut self, sent: usize) -> Result<usize, Stop> {
        let Some(stdin) = &mut self.stdin else {
            return Ok(0);
        };
        match stdin.write(&self.pending[sent..]) {
            Ok(n) => Ok(n),
            Err(error) if is_passing(&error) => Ok(0),
            // It has read enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.stdin = None;
                Ok(0)
            }
            Err(error) => Err(self.broken(&error)),
        }
    }

    /// Reads once from both pipes; whether there was anything.
    fn read(&mut self, taker: &mut impl Taker) -> Result<bool, Stop> {
        // One that writes without end never lets it come to a wait.
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(Stop::Keep(ShuffleError::Cancelled));
        }
        let (mut moved, mut said) = (false, false);
        if let Some(stdout) = &mut self.stdout {
            let read = self
                .lines
                .read(|into| stdout.read(into), |line| taker.line(line));
            match read {
                Ok(Ok(n)) => {
                    moved = true;
                    if n == 0 {
                        self.stdout = None;
                    }
                    taker.block()?;
                }
                Ok(Err(TooLong)) => {
                    return Err(Stop::Failed(self.name.line_too_long(self.limits.line)));
                }
                Err(error) if is_passing(&error) => {}
                Err(error) => return Err(self.broken(&error)),
            }
        }
        if let Some(stderr) = &mut self.stderr {
            match self.messages.read(|into| stderr.read(into)) {
                Ok(n) => {
                    said = true;
                    moved |= self.messages.reported();
                    if n == 0 {
                        self.stderr = None;
                    }
                }
                Err(error) if is_passing(&error) => {}
                Err(error) => return Err(self.broken(&error)),
            }
        }
        match moved {
            true => self.idle.moved(),
            // One that complains without end never lets it come to a wait either.
            false if said => self.pass()?,
            false => {}
        }
        Ok(moved || said)
    }

    /// Waits until a pipe is ready, for a tick at most.
    fn wait(&mut self) -> Result<(), Stop> {
        let stdin = self.stdin.as_ref().filter(|_| !self.pending.is_empty());
        let mut pipes = Vec::with_capacity(3);
        // The last one, if it is there, is no sign of life.
        let signs = stdin.iter().count() + self.stdout.iter().count();
        pipes.extend(stdin.map(|pipe| PollFd::new(pipe, PollFlags::OUT)));
        pipes.extend(
            self.stdout
                .iter()
                .map(|pipe| PollFd::new(pipe, PollFlags::IN)),
        );
        pipes.extend(
            self.stderr
                .iter()
                .map(|pipe| PollFd::new(pipe, PollFlags::IN)),
        );
        let tick = Timespec {
            tv_sec: 0,
            tv_nsec: TICK.as_nanos() as _,
        };
        self.idle.begin();
        match poll(&mut pipes, Some(&tick)) {
            Ok(0) => self.pass(),
            Ok(_) => {
                if pipes[..signs].iter().any(|pipe| !pipe.revents().is_empty()) {
                    self.idle.moved();
                }
                Ok(())
            }
            Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(self.broken(&error.into())),
        }
    }

    /// It has not moved now, and perhaps for a tick.
    fn pass(&mut self) -> Result<(), Stop> {
        match self.idle.pass() {
            true => self.look(),
            false => Ok(()),
        }
    }

    /// It has not moved for a tick, as far as the pipes tell.
    fn look(&mut self) -> Result<(), Stop> {
        if let Ok(Some(status)) = self.guard.try_wait() {
            // Its pipes are held by what it could not kill, being killed itself.
            self.kill_group();
            (self.stdin, self.stdout, self.stderr) = (None, None, None);
            return self.judge(status);
        }
        let stdin = self.stdin.as_ref().map(AsFd::as_fd);
        let stdin = stdin.or(self.idle.stdin.as_ref().map(AsFd::as_fd));
        let unread = stdin.and_then(|pipe| rustix::io::ioctl_fionread(pipe).ok());
        let unread = unread.unwrap_or(0);
        if unread != self.idle.unread {
            self.idle.moved();
            self.idle.unread = unread;
        }
        match self.limits.timeout {
            Some(timeout) if self.idle.time >= timeout => Err(Stop::Failed(
                self.name.stalled(timeout, &self.messages.tail()),
            )),
            _ => Ok(()),
        }
    }

    fn broken(&self, error: &io::Error) -> Stop {
        Stop::Failed(JobError::new(format!("{}: its pipes: {error}", self.name)))
    }

    fn kill_group(&self) {
        // Its members may have ended by themselves.
        let _gone = rustix::process::kill_process_group(Pid::from_child(&self.guard), Signal::KILL);
    }
}

impl Drop for Process {
    /// Kills it and all that it has started.
    fn drop(&mut self) {
        match self.guard.try_wait() {
            Ok(None) => {}
            // It has seen to that. Its group's number may be somebody else's by now.
            Ok(Some(status)) if tidied(status) => return,
            // Nobody has.
            Ok(Some(_)) | Err(_) => return self.kill_group(),
        }
        let _gone = rustix::process::kill_process(Pid::from_child(&self.guard), END);
        for _ in 0..LOOKS {
            match self.guard.try_wait() {
                Ok(None) => std::thread::sleep(LOOK),
                Ok(Some(status)) if tidied(status) => return,
                Ok(Some(_)) | Err(_) => return self.kill_group(),
            }
        }
        tracing::warn!(command = %self.name, "the guard of a command does not end");
        self.kill_group();
        // It was killed: this does not last.
        let _ended = self.guard.wait();
    }
}

/// Whether a guard that ended so has killed all that its command had left: it was not killed itself, and could.
fn tidied(status: ExitStatus) -> bool {
    status.code().is_some_and(|code| code != UNABLE)
}

/// The end of a pipe that is read from; `None` where the system does not show it.
fn other_end(pipe: ChildStdin) -> Option<File> {
    File::open(format!("/proc/self/fd/{}", pipe.as_raw_fd())).ok()
}

/// Whether it is no error but "not now".
fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

//! A running command.
//!
//! One thread writes the command's stdin and reads its stdout and stderr. The pipes never block, so a command that does
//! not read may still write, and the other way round. While the command is idle, the thread checks after each
//! tick whether the attempt is cancelled and whether the command has made progress. Progress means that it has read
//! stdin, written to stdout or sent a report. Other text on stderr is not progress.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, ExitStatus};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mapreduce_core::JobError;
use mapreduce_shuffle::ShuffleError;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal};

use crate::command_error::CommandError;
use crate::failure::CommandName;
use crate::guard::{EXIT_UNABLE, TERMINATE};
use crate::idle_timer::{IdleTimer, TICK};
use crate::line_buffer::{LineBuffer, LineError};
use crate::line_sink::LineSink;
use crate::settings::Limits;
use crate::stderr::StderrReader;
use crate::task_folder::TaskFolder;

/// Polls for the end of a terminated guard: ten seconds, twice the time that a guard takes at most.
const POLL: Duration = Duration::from_millis(5);
const POLLS: u32 = 2000;

/// Size of a pipe in bytes, the maximum without privileges. With large pipes, command and attempt seldom wait for each
/// other.
#[cfg(target_os = "linux")]
const PIPE: usize = 1 << 20;

/// A running command. Dropping it kills the command and all processes that it has started.
#[derive(Debug)]
pub(crate) struct Process {
    name: CommandName,
    guard: Child,
    /// `None` after the end of the input, or when the command has closed its stdin.
    stdin: Option<ChildStdin>,
    /// `None` after its end.
    stdout: Option<ChildStdout>,
    /// `None` after its end.
    stderr: Option<ChildStderr>,
    /// Read end of the stdin pipe. It shows the progress of the command after the write end is closed.
    stdin_read_end: Option<File>,
    /// Number of bytes in the stdin pipe at the last check.
    unread: u64,
    pending: Vec<u8>,
    lines: LineBuffer,
    messages: StderrReader,
    limits: Limits,
    timer: IdleTimer,
    cancelled: Arc<AtomicBool>,
    folder: Rc<TaskFolder>,
}

/// Parts of a [`Process`] other than its guard.
#[derive(Debug)]
pub(crate) struct ProcessParts {
    pub(crate) name: CommandName,
    pub(crate) stderr: StderrReader,
    pub(crate) limits: Limits,
    pub(crate) cancelled: Arc<AtomicBool>,
    pub(crate) folder: Rc<TaskFolder>,
}

impl Process {
    /// Wraps a `guard` that was started with three pipes.
    ///
    /// # Errors
    /// Fails if a pipe cannot be configured.
    pub(crate) fn new(mut guard: Child, parts: ProcessParts) -> io::Result<Self> {
        let (stdin, stdout) = (guard.stdin.take(), guard.stdout.take());
        let process = Self {
            name: parts.name,
            stderr: guard.stderr.take(),
            guard,
            stdin,
            stdout,
            stdin_read_end: None,
            unread: 0,
            pending: Vec::new(),
            lines: LineBuffer::new(parts.limits.line),
            messages: parts.stderr,
            limits: parts.limits,
            timer: IdleTimer::default(),
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
            // The system refuses this if the user has many large pipes. A small pipe is only slower.
            let _small = rustix::pipe::fcntl_setpipe_size(pipe, PIPE);
        }
        if let Some(stderr) = &process.stderr {
            rustix::io::ioctl_fionbio(stderr, true)?;
        }
        Ok(process)
    }

    /// Returns the buffer of input that the next [`Process::flush`] writes.
    #[inline]
    pub(crate) fn pending(&mut self) -> &mut Vec<u8> {
        &mut self.pending
    }

    /// Writes the pending input, and passes on the output that the command writes meanwhile. Drops the rest if the
    /// command has closed its stdin.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub(crate) fn flush(&mut self, output: &mut impl LineSink) -> Result<(), CommandError> {
        let mut sent = 0;
        while sent < self.pending.len() && self.stdin.is_some() {
            let written = self.write(sent)?;
            sent += written;
            let read = self.read(output)?;
            if written == 0 && !read {
                self.wait()?;
            }
        }
        self.pending.clear();
        Ok(())
    }

    /// Closes the command's stdin, passes on the rest of its output, and checks its exit status.
    ///
    /// # Errors
    /// See [`CommandError`].
    pub(crate) fn finish(&mut self, output: &mut impl LineSink) -> Result<(), CommandError> {
        self.flush(output)?;
        self.stdin_read_end = self.stdin.take().and_then(read_end);
        while self.stdout.is_some() || self.stderr.is_some() {
            if !self.read(output)? {
                self.wait()?;
            }
        }
        if let Some(line) = self.lines.take_rest() {
            output.line(line);
        }
        self.messages.finish();
        output.block()?;
        let status = self.guard.wait().map_err(|error| self.pipe_error(&error))?;
        self.check_status(status)
    }

    fn check_status(&self, status: ExitStatus) -> Result<(), CommandError> {
        let checked =
            self.name
                .check_status(status, &self.messages.last_lines(), self.folder.work());
        checked.map_err(CommandError::Failed)
    }

    /// Writes pending bytes from `sent` on. Returns the number of written bytes.
    fn write(&mut self, sent: usize) -> Result<usize, CommandError> {
        let Some(stdin) = &mut self.stdin else {
            return Ok(0);
        };
        match stdin.write(&self.pending[sent..]) {
            Ok(n) => Ok(n),
            Err(error) if is_temporary(&error) => Ok(0),
            // The command needs no more input.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.stdin = None;
                Ok(0)
            }
            Err(error) => Err(self.pipe_error(&error)),
        }
    }

    /// Reads once from stdout and stderr. Returns `true` if one of them had data or ended.
    fn read(&mut self, output: &mut impl LineSink) -> Result<bool, CommandError> {
        // While a command writes without end, the thread never waits. Check for cancellation here too.
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(CommandError::Output(ShuffleError::Cancelled));
        }
        let from_stdout = self.read_stdout(output)?;
        let from_stderr = self.read_stderr()?;
        let reported = from_stderr && self.messages.take_reported();
        if from_stdout || reported {
            self.timer.reset();
        } else if from_stderr {
            // A command that writes other text to stderr without end never lets the thread wait either.
            self.advance_timer()?;
        }
        Ok(from_stdout || from_stderr)
    }

    fn read_stdout(&mut self, output: &mut impl LineSink) -> Result<bool, CommandError> {
        let Some(stdout) = &mut self.stdout else {
            return Ok(false);
        };
        let read = self
            .lines
            .read(|into| stdout.read(into), |line| output.line(line));
        match read {
            Ok(n) => {
                if n == 0 {
                    self.stdout = None;
                }
                output.block()?;
                Ok(true)
            }
            Err(LineError::LineTooLong) => Err(CommandError::Failed(
                self.name.line_too_long(self.limits.line),
            )),
            Err(LineError::Io(error)) if is_temporary(&error) => Ok(false),
            Err(LineError::Io(error)) => Err(self.pipe_error(&error)),
        }
    }

    fn read_stderr(&mut self) -> Result<bool, CommandError> {
        let Some(stderr) = &mut self.stderr else {
            return Ok(false);
        };
        match self.messages.read(|into| stderr.read(into)) {
            Ok(n) => {
                if n == 0 {
                    self.stderr = None;
                }
                Ok(true)
            }
            Err(error) if is_temporary(&error) => Ok(false),
            Err(error) => Err(self.pipe_error(&error)),
        }
    }

    /// Waits until a pipe is ready, for at most a tick.
    fn wait(&mut self) -> Result<(), CommandError> {
        let stdin = self.stdin.as_ref().filter(|_| !self.pending.is_empty());
        let mut pipes = Vec::with_capacity(3);
        // Readiness of stderr, the last pipe, is not progress.
        let progress_pipes = stdin.iter().count() + self.stdout.iter().count();
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
        self.timer.start();
        match poll(&mut pipes, Some(&tick)) {
            Ok(0) => self.advance_timer(),
            Ok(_) => {
                let mut progress = pipes[..progress_pipes].iter();
                if progress.any(|pipe| !pipe.revents().is_empty()) {
                    self.timer.reset();
                }
                Ok(())
            }
            Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(self.pipe_error(&error.into())),
        }
    }

    /// Adds the time since the last call to the idle time, and checks the command after each tick.
    fn advance_timer(&mut self) -> Result<(), CommandError> {
        match self.timer.advance() {
            true => self.check_idle(),
            false => Ok(()),
        }
    }

    /// Checks a command whose pipes have shown no progress for a tick.
    fn check_idle(&mut self) -> Result<(), CommandError> {
        if let Ok(Some(status)) = self.guard.try_wait() {
            // The guard was killed before it could kill the processes that hold these pipes open.
            self.kill_group();
            (self.stdin, self.stdout, self.stderr) = (None, None, None);
            return self.check_status(status);
        }
        let stdin = self.stdin.as_ref().map(AsFd::as_fd);
        let stdin = stdin.or(self.stdin_read_end.as_ref().map(AsFd::as_fd));
        let unread = stdin.and_then(|pipe| rustix::io::ioctl_fionread(pipe).ok());
        let unread = unread.unwrap_or(0);
        if unread != self.unread {
            self.timer.reset();
            self.unread = unread;
        }
        match self.limits.timeout {
            Some(timeout) if self.timer.idle() >= timeout => Err(CommandError::Failed(
                self.name.timed_out(timeout, &self.messages.last_lines()),
            )),
            _ => Ok(()),
        }
    }

    fn pipe_error(&self, error: &io::Error) -> CommandError {
        CommandError::Failed(JobError::new(format!(
            "cannot use the pipes of {}: {error}",
            self.name
        )))
    }

    fn kill_group(&self) {
        // An error means that all members have ended.
        let _ended =
            rustix::process::kill_process_group(Pid::from_child(&self.guard), Signal::KILL);
    }
}

impl Drop for Process {
    /// Kills the command and all processes that it has started.
    fn drop(&mut self) {
        match self.guard.try_wait() {
            Ok(None) => {}
            // Another process may have the id of the group by now, and the signal could kill it.
            Ok(Some(status)) if has_cleaned_up(status) => return,
            Ok(Some(_)) | Err(_) => return self.kill_group(),
        }
        let _ended = rustix::process::kill_process(Pid::from_child(&self.guard), TERMINATE);
        for _ in 0..POLLS {
            match self.guard.try_wait() {
                Ok(None) => std::thread::sleep(POLL),
                Ok(Some(status)) if has_cleaned_up(status) => return,
                Ok(Some(_)) | Err(_) => return self.kill_group(),
            }
        }
        tracing::warn!(command = %self.name, "the guard process of a command does not exit; killing it");
        self.kill_group();
        // This wait is short, because the guard was killed.
        let _ended = self.guard.wait();
    }
}

/// Returns `true` if a guard with this status has killed all processes of its command. A guard that was killed has not.
fn has_cleaned_up(status: ExitStatus) -> bool {
    status.code().is_some_and(|code| code != EXIT_UNABLE)
}

/// Opens the read end of a pipe. Returns `None` where the system does not offer it.
fn read_end(pipe: ChildStdin) -> Option<File> {
    File::open(format!("/proc/self/fd/{}", pipe.as_raw_fd())).ok()
}

/// Returns `true` if the call can be retried later.
fn is_temporary(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
    )
}

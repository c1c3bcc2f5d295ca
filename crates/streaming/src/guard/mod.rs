//! No command outlives its attempt.
//!
//! ```text
//! worker ── guard ── /bin/sh -c COMMAND ── …
//!    └──────── pipes ───────┘
//! ```
//! Between a worker and a command stands a guard, which is the worker's own program, started again. It has
//! three things that the worker cannot have for each command: the system tells it of the worker's death
//! however that comes, orphans become its children (it is a *subreaper*), and so whatever the command has
//! started, a daemon too, is found below it. When the worker dies, or asks it to end, or the command ends,
//! it kills all that is left. The pipes go past it.

mod descendants;
mod keep;

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use mapreduce::job::JobError;
use rustix::process::Signal;

/// The first argument of a program that is to be a guard.
const ASK: &str = "guard-a-streaming-command";

/// Orders a guard to end.
pub(crate) const END: Signal = Signal::USR1;

/// A guard's exit code if it cannot do its work.
pub(crate) const UNABLE: i32 = 125;

/// Whether this program would be a guard if it were started as one.
static ASKED: AtomicBool = AtomicBool::new(false);

/// Becomes a guard, and does not return, if this process was started as one. To be called first thing in the
/// `main` of every program that runs streaming jobs: without it their commands are refused.
pub fn guard_if_asked() {
    ASKED.store(true, Ordering::Relaxed);
    let mut arguments = std::env::args_os().skip(1);
    if arguments.next().is_some_and(|first| first == ASK) {
        std::process::exit(keep::keep(arguments.collect()));
    }
}

/// The program that becomes a guard.
#[derive(Debug, Clone, Default)]
pub(crate) enum Program {
    /// This one.
    #[default]
    Own,
    /// Another one, for tests.
    Other(PathBuf),
}

impl Program {
    /// A guard of `command`, which may use so many bytes of `memory` in each process. It deletes `folder` if it must
    /// outlive this process. To be started on the thread that waits for the command: the guard ends with it.
    ///
    /// # Errors
    /// This program does not call [`guard_if_asked`].
    pub(crate) fn command(
        &self,
        command: &str,
        memory: Option<u64>,
        folder: &Path,
    ) -> Result<Command, JobError> {
        let program = match self {
            Self::Other(path) => path.clone(),
            Self::Own if ASKED.load(Ordering::Relaxed) => own()?,
            Self::Own => {
                return Err(JobError::hopeless(
                    "this program cannot run commands: its main does not begin with streaming::guard_if_asked()",
                ));
            }
        };
        let mut guard = Command::new(program);
        guard
            .arg(ASK)
            .arg(std::process::id().to_string())
            .arg(folder)
            .arg(shell_text(command, memory))
            // A Ctrl-C at the terminal is the worker's to answer. And if the guard is killed, its group is left.
            .process_group(0);
        Ok(guard)
    }
}

/// This program, which may have been replaced or deleted since it was started.
fn own() -> std::io::Result<PathBuf> {
    match cfg!(target_os = "linux") {
        true => Ok("/proc/self/exe".into()),
        false => std::env::current_exe(),
    }
}

fn shell_text(command: &str, memory: Option<u64>) -> OsString {
    match memory {
        // The shell counts in KiB.
        Some(bytes) => format!("ulimit -v {} || exit 125\n{command}", bytes.div_ceil(1024)).into(),
        None => command.into(),
    }
}

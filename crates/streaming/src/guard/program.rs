//! The program that runs as a guard.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use mapreduce_core::JobError;

use super::guardian;
use super::protocol::GUARD_ARGUMENT;

/// True once this program has called [`run_guard_if_requested`], so that it can run as a guard.
static CAN_GUARD: AtomicBool = AtomicBool::new(false);

/// Runs as a guard, and does not return, if this process was started as one.
///
/// Call this function at the start of `main` in each program that runs streaming jobs. Their commands fail without it.
pub fn run_guard_if_requested() {
    CAN_GUARD.store(true, Ordering::Relaxed);
    let mut arguments = std::env::args_os().skip(1);
    if arguments
        .next()
        .is_some_and(|first| first == GUARD_ARGUMENT)
    {
        std::process::exit(guardian::guard(arguments.collect()));
    }
}

/// Program that runs as a guard.
#[derive(Debug, Clone, Default)]
pub(crate) enum GuardProgram {
    /// The running program.
    #[default]
    Own,
    /// Another program, for tests.
    Other(PathBuf),
}

impl GuardProgram {
    /// Returns the guard of `command`. Each process of the command may use `memory` bytes. The guard deletes `folder`
    /// if this process dies first.
    ///
    /// The thread that starts the guard must also wait for it, because the guard ends with this thread.
    ///
    /// # Errors
    /// Fails if the running program has not called [`run_guard_if_requested`].
    pub(crate) fn command(
        &self,
        command: &str,
        memory: Option<u64>,
        folder: &Path,
    ) -> Result<Command, JobError> {
        let program = match self {
            Self::Other(path) => path.clone(),
            Self::Own if CAN_GUARD.load(Ordering::Relaxed) => running_program()?,
            Self::Own => {
                return Err(JobError::permanent(
                    "this program cannot run commands; call streaming::run_guard_if_requested() first in its main",
                ));
            }
        };
        let mut guard = Command::new(program);
        guard
            .arg(GUARD_ARGUMENT)
            .arg(std::process::id().to_string())
            .arg(folder)
            .arg(shell_text(command, memory))
            // The worker handles a Ctrl-C of the terminal. The group also allows to kill the processes of a guard that
            // was killed.
            .process_group(0);
        Ok(guard)
    }
}

/// Returns the running program. On Linux, this also works if its file was replaced or deleted.
fn running_program() -> std::io::Result<PathBuf> {
    match cfg!(target_os = "linux") {
        true => Ok("/proc/self/exe".into()),
        false => std::env::current_exe(),
    }
}

fn shell_text(command: &str, memory: Option<u64>) -> OsString {
    match memory {
        // The unit of `ulimit -v` is KiB.
        Some(bytes) => format!("ulimit -v {} || exit 125\n{command}", bytes.div_ceil(1024)).into(),
        None => command.into(),
    }
}

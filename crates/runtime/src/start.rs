//! Starting Tokio, and ending at once if that cannot be.

use std::panic;
use std::process::{ExitCode, abort};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Builder;

use crate::exit::{Exit, fail};

/// How long threads may go on when all is said and done.
const LAST_WORK: Duration = Duration::from_secs(1);

/// What Tokio panics with when it cannot start a thread for work that may block.
const NO_THREAD: &str = "OS can't spawn worker thread";

/// Runs what a program does on a Tokio with all cores.
///
/// A Tokio that cannot start one of its threads, for lack of memory or by a limit of processes, panics, at its start or
/// when there is work that may block. While it unwinds at its start it waits for ever for the threads that it did start. A
/// process that hangs like that is never started again, so it is aborted instead, as one is that gets no memory.
pub fn run_program(program: impl Future<Output = ExitCode>) -> ExitCode {
    let (usual, started) = (panic::take_hook(), Arc::new(AtomicBool::new(false)));
    panic::set_hook(Box::new({
        let started = Arc::clone(&started);
        move |panic| {
            if started.load(Ordering::Relaxed) && !panic.to_string().contains(NO_THREAD) {
                return usual(panic);
            }
            fail(
                Exit::JobFailed,
                &format!(
                    "no threads can be started: raise the limits of memory and processes ({panic})"
                ),
            );
            abort();
        }
    }));
    let runtime = Builder::new_multi_thread().enable_all().build();
    started.store(true, Ordering::Relaxed);
    match runtime {
        Ok(runtime) => {
            let code = runtime.block_on(program);
            // An attempt that hangs in a read of its input, say, must not keep the process.
            runtime.shutdown_timeout(LAST_WORK);
            code
        }
        Err(error) => fail(
            Exit::JobFailed,
            &format!("Tokio cannot be started: {error}"),
        ),
    }
}

//! The Tokio runtime of a program.

use std::panic;
use std::process::{ExitCode, abort};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Builder;

use crate::exit::{Exit, fail};

/// Time that threads may continue after the program has returned its exit code.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(1);

/// Message of the panic by which Tokio reports that it cannot start a thread for blocking work.
const NO_THREAD: &str = "OS can't spawn worker thread";

/// Runs a program on a Tokio runtime with one thread per core.
///
/// Tokio panics if it cannot start a thread, for lack of memory or because of a process limit. This happens at its
/// start or when there is blocking work. A panic at the start hangs: while it unwinds, Tokio waits forever for the
/// threads that it did start. No supervisor restarts a process that hangs, so this function aborts the process instead.
pub fn run_program(program: impl Future<Output = ExitCode>) -> ExitCode {
    let started = Arc::new(AtomicBool::new(false));
    abort_without_threads(Arc::clone(&started));
    let runtime = Builder::new_multi_thread().enable_all().build();
    started.store(true, Ordering::Relaxed);
    match runtime {
        Ok(runtime) => {
            let code = runtime.block_on(program);
            // A thread may hang, for example in a read of its input; it must not keep the process alive.
            runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
            code
        }
        Err(error) => fail(
            Exit::JobFailed,
            &format!("cannot start the Tokio runtime: {error}"),
        ),
    }
}

/// Aborts the process at a panic before `started`, and at any panic about a thread that cannot be started.
fn abort_without_threads(started: Arc<AtomicBool>) {
    let default_hook = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if started.load(Ordering::Relaxed) && !panic.to_string().contains(NO_THREAD) {
            return default_hook(panic);
        }
        fail(
            Exit::JobFailed,
            &format!("cannot start threads: raise the limits of memory and processes ({panic})"),
        );
        abort();
    }));
}

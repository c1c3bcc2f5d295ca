//! Blocking or long-running work, kept off the threads of the asynchronous runtime.

use std::cell::Cell;

use tokio::task::{JoinHandle, spawn, spawn_blocking};

thread_local! {
    static INLINE: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work`, which may block or run for a long time, on the blocking thread pool.
pub fn run_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    if INLINE.get() {
        return spawn(async move { work() });
    }
    spawn_blocking(work)
}

/// Makes [`run_blocking`] run its work on the current thread, in the order of the calls.
///
/// A simulation must not depend on thread scheduling. Work that runs inline cannot wait for asynchronous tasks.
#[doc(hidden)]
pub fn run_blocking_inline() {
    INLINE.set(true);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_runs_on_another_thread_unless_it_is_inline() {
        let here = std::thread::current().id();
        let current_thread = || std::thread::current().id();
        assert_ne!(run_blocking(current_thread).await.unwrap(), here);
        run_blocking_inline();
        assert_eq!(run_blocking(current_thread).await.unwrap(), here);
    }

    #[tokio::test]
    async fn a_panic_is_an_error_of_the_handle() {
        run_blocking_inline();
        let handle = run_blocking(|| panic!("expected by this test"));
        assert!(handle.await.unwrap_err().is_panic());
    }
}

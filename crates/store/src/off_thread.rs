//! Work that takes long, where it holds up nobody: on a thread that may block.

use std::cell::Cell;

use tokio::task::{JoinHandle, spawn, spawn_blocking};

thread_local! {
    static IN_LINE: Cell<bool> = const { Cell::new(false) };
}

/// Does `work`, which may block or take long, beside the asynchronous tasks.
pub fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    if IN_LINE.get() {
        return spawn(async move { work() });
    }
    spawn_blocking(work)
}

/// From now on all work of this thread's runtime is done on this very thread, in the order in which it comes: a
/// simulation must not depend on when threads run. Such work cannot wait for asynchronous tasks.
#[doc(hidden)]
pub fn work_in_line() {
    IN_LINE.set(true);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_is_done_on_another_thread_unless_it_is_to_be_in_line() {
        let here = std::thread::current().id();
        let ask = || std::thread::current().id();
        assert_ne!(off_thread(ask).await.unwrap(), here);
        work_in_line();
        assert_eq!(off_thread(ask).await.unwrap(), here);
    }

    #[tokio::test]
    async fn a_panic_is_an_error_of_the_handle() {
        work_in_line();
        let handle = off_thread(|| panic!("as it happens"));
        assert!(handle.await.unwrap_err().is_panic());
    }
}

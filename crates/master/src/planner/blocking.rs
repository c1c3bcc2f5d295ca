//! Threads for planning work that blocks.

use store::off_thread;

/// Runs `work`, which reads files, on a thread that may block.
pub(super) async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    off_thread(work).await.expect("planning does not panic")
}

//! Threads for planning work that blocks.

/// Runs `work`, which reads files, on a thread that may block.
pub(super) async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    store::run_blocking(work)
        .await
        .expect("planning does not panic")
}

//! Gate of commits.

use store::TaskOutput;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::core::FinishedAttempt;

/// Number of light commits under way at once.
const PERMITS: u32 = 16;
/// Permits of a commit with a large payload. At most two such commits are under way: the store applies one, while this
/// worker encodes and sends the next.
const HEAVY: u32 = PERMITS / 2;

/// Limits the commits under way.
///
/// The store applies one commit at a time. A commit that waits here does not time out there, and keeps no connection
/// from heartbeats.
pub(super) struct CommitGate(Semaphore);

impl CommitGate {
    pub(super) fn new() -> Self {
        Self(Semaphore::new(PERMITS as usize))
    }

    /// Waits until a commit may start. It may run until the permit is dropped.
    pub(super) async fn enter(&self, finished: &FinishedAttempt) -> SemaphorePermit<'_> {
        let weight = match (&finished.blob, &finished.commit.output) {
            (None, TaskOutput::Stored(_)) => 1,
            _ => HEAVY,
        };
        let permit = self.0.acquire_many(weight).await;
        permit.expect("the semaphore is never closed")
    }
}

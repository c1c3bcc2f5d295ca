//! Retries of store calls.

use std::sync::atomic::{AtomicBool, Ordering};

use store::{BlobStore, StoreError, StoreResult, TaskStore};
use tokio::time::Instant;

use super::state::Executor;
use crate::error::WorkerError;

/// Reply that ends the retries.
enum Reply<T> {
    Value(T),
    /// The plan is still missing after a new connection.
    PlanMissing(StoreError),
}

impl<S: TaskStore, B: BlobStore> Executor<S, B> {
    pub(crate) async fn connect(&self) -> Result<(), WorkerError> {
        let connect = || self.store.reconnect();
        self.retry("connect to the store", connect).await?;
        Ok(())
    }

    /// Reconnects, which restores the function library, and records the incarnation of the store.
    pub(super) async fn reconnect(&self) -> StoreResult<()> {
        self.lease_grace.record(self.store.reconnect().await?);
        Ok(())
    }

    /// Retries a call until the store replies, or until the deadline.
    ///
    /// # Errors
    /// [`StoreError::Lost`] only if the data is still missing after a new connection, which restores the function
    /// library. Then the plan is missing, and only the master can restore it.
    pub(super) async fn retry<T, F, Fut>(&self, what: &str, call: F) -> StoreResult<T>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = StoreResult<T>>,
    {
        let (call, away, start) = (&call, &AtomicBool::new(false), Instant::now());
        let reply = settings::retry(what, self.options.deadline, move || async move {
            // After an outage the store may be another incarnation, or misconfigured.
            if away.load(Ordering::Relaxed) {
                self.reconnect().await?;
                away.store(false, Ordering::Relaxed);
            }
            match call().await {
                Err(StoreError::Lost { .. }) => self.reconnect().await?,
                Err(error) if error.is_transient() => {
                    // A shorter outage makes other workers miss one heartbeat at most. If every error counted, a bad
                    // connection of this worker alone would keep it from reclaiming anything.
                    if start.elapsed() >= self.options.lease / 3 {
                        self.lease_grace.start();
                    }
                    away.store(true, Ordering::Relaxed);
                    return Err(error);
                }
                reply => return reply.map(Reply::Value),
            }
            match call().await {
                Err(missing @ StoreError::Lost { .. }) => Ok(Reply::PlanMissing(missing)),
                reply => reply.map(Reply::Value),
            }
        });
        match reply.await? {
            Reply::Value(value) => Ok(value),
            Reply::PlanMissing(error) => Err(error),
        }
    }
}

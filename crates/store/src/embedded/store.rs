//! Shared state of the embedded store, and waiting for its changes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use mapreduce_core::JobId;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::job::Job;
use crate::error::{StoreError, StoreResult};
use crate::types::JobRef;

/// The store of a single process. Clones share one store.
#[derive(Debug, Clone)]
pub struct EmbeddedStore {
    pub(super) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(super) struct Shared {
    /// A std mutex is enough: it is held for a few map operations, never across an await or while counts are added.
    jobs: Mutex<BTreeMap<JobId, Job>>,
    /// Number of changes. A new value wakes all callers that wait for a change.
    pub(super) version: watch::Sender<u64>,
}

impl Default for EmbeddedStore {
    fn default() -> Self {
        let shared = Shared {
            jobs: Mutex::default(),
            version: watch::Sender::new(0),
        };
        Self {
            shared: Arc::new(shared),
        }
    }
}

impl EmbeddedStore {
    pub(super) fn jobs(&self) -> MutexGuard<'_, BTreeMap<JobId, Job>> {
        // A panic under the lock is a bug and may leave a change half done. A crash is safer than a wrong result.
        self.shared.jobs.lock().expect("no panic under the lock")
    }

    /// Wakes all callers that wait for a change.
    pub(super) fn notify(&self) {
        self.shared.version.send_modify(|version| *version += 1);
    }

    /// Calls `look` now and after every change, until it returns a value or `wait` has passed.
    pub(super) async fn until<T>(
        &self,
        wait: Duration,
        mut look: impl FnMut(&Self) -> StoreResult<Option<T>>,
    ) -> StoreResult<Option<T>> {
        let deadline = Instant::now() + wait;
        let mut version = self.shared.version.subscribe();
        loop {
            version.borrow_and_update();
            if let Some(found) = look(self)? {
                return Ok(Some(found));
            }
            // Cancellation is safe: `look` takes nothing from the store before it returns a value.
            if timeout_at(deadline, version.changed()).await.is_err() {
                return look(self);
            }
        }
    }

    /// Calls `act` with the job. Fails if the store does not hold it under the same plan.
    pub(super) fn with<T>(&self, job: &JobRef, act: impl FnOnce(&mut Job) -> T) -> StoreResult<T> {
        let mut jobs = self.jobs();
        let found = jobs
            .get_mut(&job.id)
            .filter(|found| found.header.job == *job);
        let found = found.ok_or_else(|| StoreError::Lost {
            what: format!("the plan of job {}", job.id),
        })?;
        let outcome = act(found);
        drop(jobs);
        self.notify();
        Ok(outcome)
    }
}

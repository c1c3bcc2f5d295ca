//! The store of one process: the in-memory twin of the Redis store, under the same contract.
//!
//! Nothing here survives the process, so nothing is ever rolled back either; everything else is as the
//! conformance suite says. Counts lie in shards, so that several slots fold their commits at once.

mod backup;
mod job;
mod jobs;
mod outputs;
mod shards;
mod tasks;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use mapreduce::JobId;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use crate::{JobRef, StoreError, StoreResult};
use job::Job;

/// The in-process twin of the Redis store. Clones share one store.
#[derive(Debug, Clone)]
pub struct EmbeddedStore {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// A std mutex: held for a few map operations, never across an await or a fold.
    jobs: Mutex<BTreeMap<JobId, Job>>,
    /// Grows with every change; wakes everybody who waits for one.
    version: watch::Sender<u64>,
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
    fn jobs(&self) -> MutexGuard<'_, BTreeMap<JobId, Job>> {
        // A panic while the lock was held would be a defect of ours; going on with half a change is
        // worse than ending.
        self.shared.jobs.lock().expect("no panic under the lock")
    }

    fn changed(&self) {
        self.shared.version.send_modify(|version| *version += 1);
    }

    /// Calls `look` at once and after every change, until it finds something or `wait` is over.
    async fn until<T>(
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
            // Cancellation is safe: nothing is taken before `look` finds it.
            if timeout_at(deadline, version.changed()).await.is_err() {
                return look(self);
            }
        }
    }

    /// Does `act` with the job, which must be there under its plan.
    fn with<T>(&self, job: &JobRef, act: impl FnOnce(&mut Job) -> T) -> StoreResult<T> {
        let mut jobs = self.jobs();
        let found = jobs
            .get_mut(&job.id)
            .filter(|found| found.header.job == *job);
        let found = found.ok_or_else(|| StoreError::Lost {
            what: format!("the plan of job {}", job.id),
        })?;
        let outcome = act(found);
        drop(jobs);
        self.changed();
        Ok(outcome)
    }
}

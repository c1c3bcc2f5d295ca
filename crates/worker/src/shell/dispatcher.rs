//! Dispatcher of actions.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::{BoxFuture, FutureExt};
use futures::stream::{FuturesUnordered, StreamExt};
use store::{BlobStore, JobRef, TaskRef, TaskStore};

use crate::core::{SharedJob, WorkerAction};
use crate::executor::{ActionResult, Executor};

/// Actions under way, each a future that ends with an event.
pub(super) struct Dispatcher<S, B> {
    executor: Arc<Executor<S, B>>,
    /// Cancellation flags of the attempts, by job and delivery.
    cancellations: HashMap<(JobRef, String), Arc<AtomicBool>>,
    running: FuturesUnordered<BoxFuture<'static, ActionResult>>,
}

impl<S: TaskStore, B: BlobStore> Dispatcher<S, B> {
    pub(super) fn new(executor: Arc<Executor<S, B>>) -> Self {
        Self {
            executor,
            cancellations: HashMap::new(),
            running: FuturesUnordered::new(),
        }
    }

    pub(super) fn executor(&self) -> &Executor<S, B> {
        &self.executor
    }

    /// Waits for the next outcome; returns `None` if no action is under way. Cancellation is safe: the actions stay in
    /// the set.
    pub(super) async fn next(&mut self) -> Option<ActionResult> {
        self.running.next().await
    }

    /// Starts an action.
    pub(super) fn dispatch(&mut self, action: WorkerAction) {
        let executor = self.executor.clone();
        let future = match action {
            WorkerAction::NextJob => executor.next_job().boxed(),
            WorkerAction::AwaitPlan => executor.await_plan().boxed(),
            WorkerAction::Claim { job, count, wait } => executor.claim(job, count, wait).boxed(),
            WorkerAction::Recover(job) => executor.recover(job).boxed(),
            WorkerAction::Reclaim { job, count } => executor.reclaim(job, count).boxed(),
            WorkerAction::Backup(job) => executor.backup(job).boxed(),
            WorkerAction::JobStatus(job) => executor.job_status(job).boxed(),
            WorkerAction::Renew { job, tasks } => executor.renew(job, tasks).boxed(),
            WorkerAction::Attempt { job, claim } => {
                let cancelled = Arc::new(AtomicBool::new(false));
                let key = attempt_key(&job, &claim.task);
                self.cancellations.insert(key, cancelled.clone());
                executor.attempt(job, claim, cancelled).boxed()
            }
            WorkerAction::Cancel { job, task } => {
                if let Some(cancelled) = self.cancellations.remove(&attempt_key(&job, &task)) {
                    cancelled.store(true, Ordering::Relaxed);
                }
                return;
            }
            WorkerAction::Commit {
                job,
                finished,
                tries,
            } => {
                let key = attempt_key(&job, &finished.commit.task);
                self.cancellations.remove(&key);
                executor.commit(job, finished, tries).boxed()
            }
            WorkerAction::Reopen { job, task, runs } => {
                self.cancellations.remove(&attempt_key(&job, &task));
                executor.reopen(job, task, runs).boxed()
            }
            WorkerAction::GiveBack { job, task, failure } => {
                self.cancellations.remove(&attempt_key(&job, &task));
                executor.give_back(job, task, failure).boxed()
            }
            // The event loop returns instead of dispatching it.
            WorkerAction::Leave => return,
        };
        self.running.push(future);
    }
}

fn attempt_key(job: &SharedJob, task: &TaskRef) -> (JobRef, String) {
    (job.job.clone(), task.entry.clone())
}

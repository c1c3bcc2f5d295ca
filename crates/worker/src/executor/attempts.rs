//! Attempts at tasks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::FutureExt;
use mapreduce_core::Task;
use settings::CrashPoint;
use store::{BlobStore, Claim, StoreError, TaskStore, run_blocking};
use tokio::time::{Instant, sleep_until};

use super::failure::{permanent_failure, transient_failure};
use super::fetch::{FILES_TIMEOUT, FetchedFiles};
use super::map::map;
use super::state::{ActionResult, Executor};
use super::timing::CANCEL_CHECK;
use crate::core::{AttemptOutcome, SharedJob, WorkerEvent};
use crate::error::WorkerError;

/// Cancels an attempt when its future is dropped. Otherwise the process would wait at its end for the thread of an
/// attempt whose outcome is not needed any more.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl<S: TaskStore, B: BlobStore> Executor<S, B> {
    pub(crate) async fn attempt(
        self: Arc<Self>,
        job: SharedJob,
        claim: Claim,
        cancelled: Arc<AtomicBool>,
    ) -> ActionResult {
        self.options.crash.reach(CrashPoint::AfterClaim);
        // The pause of `worker.slow` counts as part of the attempt. Otherwise a slow worker would claim ahead, and keep
        // tasks from idle workers.
        let start = Instant::now();
        // A sleep of zero still takes one tick of the timer, 1 ms.
        if !self.options.slow.is_zero() {
            self.slow_down(&cancelled).await;
        }
        let _cancel = CancelOnDrop(cancelled.clone());
        let outcome = self.run_task(&job, &claim, cancelled).await?;
        Ok(WorkerEvent::Attempted {
            job,
            claim,
            outcome,
            took: start.elapsed(),
        })
    }

    async fn run_task(
        &self,
        job: &SharedJob,
        claim: &Claim,
        cancelled: Arc<AtomicBool>,
    ) -> Result<AttemptOutcome, WorkerError> {
        let index = claim.task.index;
        // Boxed, as below: the compiler rejects futures that are nested too deeply.
        let fetch = self.fetch_files(job, &cancelled, FILES_TIMEOUT).boxed();
        let files = match fetch.await? {
            FetchedFiles::Ready(files) => files,
            FetchedFiles::Unavailable(outcome) => return Ok(outcome),
        };
        // The store may contain tasks of another version, so their indexes are checked.
        let problem = match claim.payload.as_deref() {
            Ok(Task::Map(split)) if index.0 < job.maps => {
                let environment = self.environment.clone();
                let (job, claim, split) = (job.clone(), claim.clone(), split.clone());
                let attempt = run_blocking(move || {
                    map(&environment, &job, &claim, &files, split, &cancelled)
                });
                return Ok(attempt.await.unwrap_or_else(|panic| {
                    transient_failure(format!("task {index}: the mapper panicked: {panic}"))
                }));
            }
            Ok(&Task::Reduce(partition)) if partition < job.spec.reduces => {
                let reduce = || {
                    self.reduce(job, claim, &files, partition, cancelled.clone())
                        .boxed()
                };
                return match self.retry("reduce", reduce).await {
                    // The plan is missing. The task is claimed again once the job is planned again.
                    Err(StoreError::Lost { .. }) => Ok(AttemptOutcome::NotReady),
                    outcome => Ok(outcome?),
                };
            }
            Ok(Task::Map(_) | Task::Reduce(_)) => "not in the plan".to_owned(),
            Err(error) => format!("invalid payload: {}", error.reason),
        };
        Ok(permanent_failure(format!(
            "task {index}: {problem}; run master and workers of the same version"
        )))
    }

    /// Pauses for `worker.slow`, or until the attempt is cancelled.
    async fn slow_down(&self, cancelled: &AtomicBool) {
        let end = Instant::now() + self.options.slow;
        while Instant::now() < end && !cancelled.load(Ordering::Relaxed) {
            sleep_until(end.min(Instant::now() + CANCEL_CHECK)).await;
        }
    }
}

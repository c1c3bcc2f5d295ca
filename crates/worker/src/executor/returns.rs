//! Returns of tasks, and reopened map tasks.

use std::sync::Arc;

use store::{AttemptFailure, BlobStore, StoreResult, TaskRef, TaskStore};
use tracing::{debug, warn};

use super::state::{ActionResult, Executor};
use crate::core::{LostRun, SharedJob, WorkerEvent};

impl<S: TaskStore, B: BlobStore> Executor<S, B> {
    /// Reopens the map tasks of lost runs, then gives the reduce task back.
    pub(crate) async fn reopen(
        self: Arc<Self>,
        job: SharedJob,
        task: TaskRef,
        runs: Vec<LostRun>,
    ) -> ActionResult {
        for run in &runs {
            warn!(job = %job.job.id, task = %run.task, attempt = run.attempt, "a run was lost; rerunning its map task");
        }
        let reopen = || self.reopen_tasks(&job, &runs);
        if let Err(error) = self.retry("reopen map tasks", reopen).await {
            // The next attempt at the reduce task finds the runs missing again.
            warn!(job = %job.job.id, %error, "cannot rerun map tasks whose runs were lost");
        }
        self.give_back(job, task, None).await
    }

    pub(crate) async fn give_back(
        self: Arc<Self>,
        job: SharedJob,
        task: TaskRef,
        failure: Option<AttemptFailure>,
    ) -> ActionResult {
        if let Some(failure) = &failure {
            warn!(job = %job.job.id, task = %task.index, reason = failure.reason, "task attempt failed");
        }
        let name = &self.options.name;
        let give_back = || {
            let failure = failure.as_ref();
            self.store.fail(&job.job, name, task.clone(), failure)
        };
        match self.retry("return a task", give_back).await {
            Ok(reply) => debug!(job = %job.job.id, task = %task.index, ?reply, "task returned"),
            // Its lease expires, and another worker reclaims it.
            Err(error) => {
                warn!(job = %job.job.id, task = %task.index, %error, "cannot return the task; other workers reclaim it when its lease expires");
            }
        }
        Ok(WorkerEvent::Returned { job, task })
    }

    async fn reopen_tasks(&self, job: &SharedJob, runs: &[LostRun]) -> StoreResult<()> {
        for run in runs {
            let failure = AttemptFailure {
                reason: run.reason.clone(),
                max_attempts: self.options.limits.max_attempts,
            };
            let reply = self
                .store
                .reopen(&job.job, run.task, &run.attempt, &failure)
                .await?;
            debug!(job = %job.job.id, task = %run.task, attempt = run.attempt, ?reply, "map task reopened");
        }
        Ok(())
    }
}

//! Waits for a job and queries its status.

use std::sync::Arc;

use mapreduce_core::JobSpec;
use store::{BlobStore, JobAvailability, TaskStore};
use tokio::time::Instant;
use tracing::{debug, warn};

use super::state::{ActionResult, Executor};
use super::timing::POLL;
use crate::core::{JoinedJob, SharedJob, WorkerEvent};
use crate::error::WorkerError;

impl<S: TaskStore, B: BlobStore> Executor<S, B> {
    /// Waits about a second for a job.
    pub(crate) async fn next_job(self: Arc<Self>) -> ActionResult {
        if !self.lease_grace.has_connected() {
            let connect = || self.store.reconnect();
            let incarnation = self.retry("connect to the store", connect).await?;
            self.lease_grace.record(incarnation);
        }
        let found = self
            .retry("look for a job", || self.store.next_job(POLL))
            .await?;
        let Some(header) = found else {
            return self.no_job().await;
        };
        self.master_watch.record_presence();
        let job = header.job;
        debug!(job = %job.id, worker = %self.options.name, tasks = header.total, "found a job");
        let spec = JobSpec::from_json(&header.spec).map_err(|source| WorkerError::Spec {
            job: job.id.to_string(),
            source,
        })?;
        let maps = header.maps;
        Ok(WorkerEvent::Job(Some(Arc::new(JoinedJob {
            job,
            spec,
            maps,
        }))))
    }

    async fn no_job(&self) -> ActionResult {
        let query = || self.store.time_since_dismissal();
        let Some(dismissed) = self.retry("look for a master", query).await? else {
            self.master_watch.record_presence();
            return Ok(WorkerEvent::Job(None));
        };
        let Some(absence) = self.master_watch.record_absence(dismissed) else {
            return Ok(WorkerEvent::Job(None));
        };
        debug!(?absence, "idle timeout reached: no job and no master");
        Ok(WorkerEvent::IdleTimeout(absence))
    }

    /// Waits until a missing plan is back, or until another job is planned.
    ///
    /// A master that restarts plans its job again within the deadline of this worker. After that, no master will.
    pub(crate) async fn await_plan(self: Arc<Self>) -> ActionResult {
        let start = Instant::now();
        loop {
            match self.clone().next_job().await? {
                WorkerEvent::Job(None) if self.stop.is_cancelled() => {
                    return Ok(WorkerEvent::Job(None));
                }
                WorkerEvent::Job(None) if start.elapsed() > self.options.deadline => {
                    return Err(WorkerError::PlanMissing);
                }
                WorkerEvent::Job(None) => {}
                // The store lacks the plan, the workers are dismissed, and no master is present: the job is over, and
                // its keys have expired.
                WorkerEvent::IdleTimeout(_) => {
                    return Ok(WorkerEvent::JobStatus(JobAvailability::Over));
                }
                found => return Ok(found),
            }
        }
    }

    pub(crate) async fn job_status(self: Arc<Self>, job: SharedJob) -> ActionResult {
        let query = || self.store.job_availability(&job.job);
        let status = self.retry("query the job's status", query).await?;
        if self.master_watch.should_warn(status) {
            warn!(job = %job.job.id, "the master of the job is gone; start a master, or stop this worker");
        }
        Ok(WorkerEvent::JobStatus(status))
    }
}

//! Claims and leases.

use std::sync::Arc;
use std::time::Duration;

use store::{Backup, BlobStore, Renewal, StoreError, TaskRef, TaskStore};
use tokio::time::sleep;
use tracing::info;

use super::state::{ActionResult, Executor};
use super::timing::{POLL, RETRY_PAUSE};
use crate::core::{SharedJob, WorkerEvent};
use crate::options::WorkerOptions;

impl<S: TaskStore, B: BlobStore> Executor<S, B> {
    pub(crate) async fn claim(
        self: Arc<Self>,
        job: SharedJob,
        count: u32,
        wait: Option<Duration>,
    ) -> ActionResult {
        let WorkerOptions { name, lease, .. } = &self.options;
        let wait = POLL.min(*lease / 3).min(wait.unwrap_or(POLL));
        // A failed claim is not retried here: its reply may have carried tasks, which `recover` finds.
        Ok(match self.store.claim(&job.job, name, count, wait).await {
            Ok(claims) => WorkerEvent::Claimed(claims),
            Err(error) => WorkerEvent::ClaimFailed(error),
        })
    }

    pub(crate) async fn recover(self: Arc<Self>, job: SharedJob) -> ActionResult {
        sleep(RETRY_PAUSE).await;
        let reconnect = || self.store.reconnect();
        let incarnation = self.retry("reconnect to the store", reconnect).await?;
        self.lease_grace.record(incarnation);
        // An error loses no task: the leases expire, and the tasks are reclaimed.
        let held = self.store.held(&job.job, &self.options.name).await;
        Ok(WorkerEvent::Held(held.unwrap_or_default()))
    }

    pub(crate) async fn reclaim(self: Arc<Self>, job: SharedJob, count: u32) -> ActionResult {
        if self.lease_grace.is_active() {
            return Ok(WorkerEvent::Reclaimed(Vec::new()));
        }
        let WorkerOptions { name, lease, .. } = &self.options;
        let claims = match self.store.reclaim(&job.job, name, *lease, count).await {
            Ok(claims) => claims,
            Err(error) => return Ok(WorkerEvent::ClaimFailed(error)),
        };
        for claim in &claims {
            info!(job = %job.job.id, task = %claim.task.index, "reclaimed a task with an expired lease");
        }
        Ok(WorkerEvent::Reclaimed(claims))
    }

    pub(crate) async fn backup(self: Arc<Self>, job: SharedJob) -> ActionResult {
        // The time for which a task was held during an outage does not show that its worker is slow.
        if self.lease_grace.is_active() {
            return Ok(WorkerEvent::Backup(Backup::None));
        }
        let WorkerOptions { name, lease, .. } = &self.options;
        let backup = match self.store.backup(&job.job, name, *lease).await {
            Ok(backup) => backup,
            Err(error) => return Ok(WorkerEvent::ClaimFailed(error)),
        };
        if let Backup::Claimed {
            claim,
            holder,
            held,
        } = &backup
        {
            info!(job = %job.job.id, task = %claim.task.index, %holder, ?held, "started a backup attempt");
        }
        Ok(WorkerEvent::Backup(backup))
    }

    pub(crate) async fn renew(
        self: Arc<Self>,
        job: SharedJob,
        tasks: Vec<TaskRef>,
    ) -> ActionResult {
        let name = &self.options.name;
        let renew = || self.store.renew(&job.job, name, &tasks);
        let renewals = match self.retry("renew leases", renew).await {
            // Without a plan there are no leases. The tasks are claimed again once the job is planned again.
            Err(StoreError::Lost { .. }) => vec![Renewal::Lost; tasks.len()],
            renewals => renewals?,
        };
        let renewals = tasks.into_iter().zip(renewals).collect();
        Ok(WorkerEvent::Renewed { job, renewals })
    }
}

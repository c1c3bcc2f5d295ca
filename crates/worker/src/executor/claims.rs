//! Claims and leases.

use std::sync::Arc;
use std::time::Duration;

use store::{Backup, BlobStore, Renewal, StoreError, TaskRef, TaskStore};
use tokio::time::sleep;
use tracing::info;

use super::state::{Executor, Outcome};
use super::timing::{POLL, RETRY_PAUSE};
use crate::core::{Event, Job};
use crate::options::Options;

impl<S: TaskStore, B: BlobStore> Executor<S, B> {
    pub(crate) async fn claim(
        self: Arc<Self>,
        job: Job,
        count: u32,
        wait: Option<Duration>,
    ) -> Outcome {
        let Options { name, lease, .. } = &self.options;
        let wait = POLL.min(*lease / 3).min(wait.unwrap_or(POLL));
        // A failed claim is not retried here: its reply may have carried tasks, which `recover` finds.
        Ok(match self.store.claim(&job.job, name, count, wait).await {
            Ok(claims) => Event::Claimed(claims),
            Err(error) => Event::ClaimFailed(error),
        })
    }

    pub(crate) async fn recover(self: Arc<Self>, job: Job) -> Outcome {
        sleep(RETRY_PAUSE).await;
        let reconnect = || self.store.reconnect();
        let incarnation = self.retry("reconnect to the store", reconnect).await?;
        self.lease_grace.record(incarnation);
        // An error loses no task: the leases expire, and the tasks are reclaimed.
        let held = self.store.held(&job.job, &self.options.name).await;
        Ok(Event::Held(held.unwrap_or_default()))
    }

    pub(crate) async fn reclaim(self: Arc<Self>, job: Job, count: u32) -> Outcome {
        if self.lease_grace.is_active() {
            return Ok(Event::Reclaimed(Vec::new()));
        }
        let Options { name, lease, .. } = &self.options;
        let claims = match self.store.reclaim(&job.job, name, *lease, count).await {
            Ok(claims) => claims,
            Err(error) => return Ok(Event::ClaimFailed(error)),
        };
        for claim in &claims {
            info!(job = %job.job.id, task = %claim.task.index, "reclaimed a task with an expired lease");
        }
        Ok(Event::Reclaimed(claims))
    }

    pub(crate) async fn backup(self: Arc<Self>, job: Job) -> Outcome {
        // The time for which a task was held during an outage does not show that its worker is slow.
        if self.lease_grace.is_active() {
            return Ok(Event::Backup(Backup::None));
        }
        let Options { name, lease, .. } = &self.options;
        let backup = match self.store.backup(&job.job, name, *lease).await {
            Ok(backup) => backup,
            Err(error) => return Ok(Event::ClaimFailed(error)),
        };
        if let Backup::Claimed {
            claim,
            holder,
            held,
        } = &backup
        {
            info!(job = %job.job.id, task = %claim.task.index, %holder, ?held, "started a backup attempt");
        }
        Ok(Event::Backup(backup))
    }

    pub(crate) async fn renew(self: Arc<Self>, job: Job, tasks: Vec<TaskRef>) -> Outcome {
        let name = &self.options.name;
        let renew = || self.store.renew(&job.job, name, &tasks);
        let renewals = match self.retry("renew leases", renew).await {
            // Without a plan there are no leases. The tasks are claimed again once the job is planned again.
            Err(StoreError::Lost { .. }) => vec![Renewal::Lost; tasks.len()],
            renewals => renewals?,
        };
        let renewals = tasks.into_iter().zip(renewals).collect();
        Ok(Event::Renewed { job, renewals })
    }
}

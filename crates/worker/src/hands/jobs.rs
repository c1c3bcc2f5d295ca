//! Looking for a job.

use std::sync::Arc;

use mapreduce::JobSpec;
use store::{BlobStore, Standing, TaskStore};
use tokio::time::Instant;
use tracing::debug;

use super::{Hands, LOOK, Outcome};
use crate::WorkerError;
use crate::core::{Event, Joined};
use crate::late::patience;

impl<S: TaskStore, B: BlobStore> Hands<S, B> {
    pub(crate) async fn next_job(self: Arc<Self>) -> Outcome {
        if self
            .known
            .lock()
            .expect("no panic under the lock")
            .0
            .is_none()
        {
            let connect = || self.store.reconnect();
            self.know(self.insist("connect to the store", connect).await?);
        }
        let found = self
            .insist("look for a job", || self.store.next_job(LOOK))
            .await?;
        let Some(header) = found else {
            return self.none_found().await;
        };
        *self.deserted.lock().expect("no panic under the lock") = None;
        let job = header.job;
        debug!(job = %job.id, worker = %self.options.name, tasks = header.total, "found a job");
        let spec = JobSpec::read(&header.spec);
        let spec = spec.map_err(|source| WorkerError::Spec {
            job: job.id.to_string(),
            source,
        })?;
        let maps = header.maps;
        Ok(Event::Job(Some(Arc::new(Joined { job, spec, maps }))))
    }

    async fn none_found(&self) -> Outcome {
        let ask = || self.store.deserted();
        let dismissed = self.insist("look for a master", ask).await?;
        let mut since = self.deserted.lock().expect("no panic under the lock");
        let Some(ago) = dismissed else {
            *since = None;
            return Ok(Event::Job(None));
        };
        let before_start = ago.saturating_sub(self.started.elapsed());
        let alone = since.get_or_insert_with(Instant::now).elapsed();
        if alone < patience(before_start) {
            return Ok(Event::Job(None));
        }
        let forsaken = alone >= self.options.deadline;
        debug!(
            forsaken,
            "the workers were dismissed, and no master is there"
        );
        Ok(Event::Late { forsaken })
    }

    /// A master that is restarting plans again within this worker's deadline, or nobody will.
    pub(crate) async fn job_again(self: Arc<Self>) -> Outcome {
        let start = Instant::now();
        loop {
            match self.clone().next_job().await? {
                Event::Job(None) if self.stop.is_cancelled() => return Ok(Event::Job(None)),
                Event::Job(None) if start.elapsed() > self.options.deadline => {
                    return Err(WorkerError::Gone);
                }
                Event::Job(None) => {}
                // Not in the store, workers dismissed, no master: it is over, and its keys are gone.
                Event::Late { .. } => return Ok(Event::Standing(Standing::Over)),
                found => return Ok(found),
            }
        }
    }
}

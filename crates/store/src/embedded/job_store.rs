//! The master's interface.

use std::time::Duration;

use mapreduce_core::{JobId, Pairs, TaskIndex};

use super::job::Job;
use super::store::EmbeddedStore;
use crate::blocking::run_blocking;
use crate::error::{StoreError, StoreResult};
use crate::traits::JobStore;
use crate::types::{
    Checkpoint, EventCursor, FinishReply, Health, JobHeader, JobRecord, JobRef, JobState,
    JobStatus, PlanReply, StoreId,
};

impl JobStore for EmbeddedStore {
    async fn connect(&self) -> StoreResult<StoreId> {
        Ok(StoreId("embedded".to_owned()))
    }

    async fn jobs(&self) -> StoreResult<Vec<JobRecord>> {
        let jobs = EmbeddedStore::jobs(self);
        let mut listed: Vec<_> = jobs
            .values()
            .filter_map(|job| Some((job.listed?, job)))
            .collect();
        listed.sort_by_key(|(position, _)| *position);
        let record = |(_, job): (u64, &Job)| JobRecord {
            job: job.header.job.clone(),
            state: job.state,
        };
        Ok(listed.into_iter().map(record).collect())
    }

    async fn plan(
        &self,
        header: &JobHeader,
        start: u32,
        payloads: &[String],
    ) -> StoreResult<PlanReply> {
        let mut jobs = EmbeddedStore::jobs(self);
        let position = jobs.len() as u64;
        let job = jobs
            .entry(header.job.id.clone())
            .or_insert_with(|| Job::new(header.clone(), position));
        if job.header.job.plan != header.job.plan {
            return Ok(PlanReply::Mismatch {
                found: job.header.job.plan.to_string(),
            });
        }
        let reply = job.append(start, payloads)?;
        drop(jobs);
        self.notify();
        Ok(reply)
    }

    async fn missing(&self, job: &JobRef, limit: u32) -> StoreResult<Vec<TaskIndex>> {
        self.with(job, |job| {
            let planned = (0..job.payloads.len() as u32).map(TaskIndex);
            let mut lost = job.lost(planned);
            lost.truncate(limit as usize);
            lost
        })
    }

    async fn repair(&self, job: &JobRef, tasks: &[(TaskIndex, String)]) -> StoreResult<u32> {
        self.with(job, |job| {
            if job.state.is_over() {
                return Ok(0);
            }
            let planned = job.payloads.len();
            if let Some((beyond, _)) = tasks.iter().find(|task| task.0.0 as usize >= planned) {
                return Err(StoreError::Fatal {
                    detail: format!("cannot repair task {beyond}: it is not planned"),
                });
            }
            let lost = job.lost(tasks.iter().map(|(index, _)| *index));
            let added = lost.len() as u32;
            job.requeue(lost);
            Ok(added)
        })?
    }

    async fn status(&self, job: &JobId) -> StoreResult<Option<JobStatus>> {
        Ok(EmbeddedStore::jobs(self).get(job).map(Job::status))
    }

    async fn watch(
        &self,
        _: &JobId,
        after: EventCursor,
        wait: Duration,
    ) -> StoreResult<EventCursor> {
        let version = |store: &Self| EventCursor(Some(store.shared.version.borrow().to_string()));
        let changed = self
            .until(wait, |store| {
                Ok(Some(version(store)).filter(|now| *now != after))
            })
            .await?;
        Ok(changed.unwrap_or(after))
    }

    async fn finish(&self, job: &JobRef) -> StoreResult<FinishReply> {
        let outcome = self.with(job, |job| {
            let (done, total) = (job.done.len() as u32, job.header.total);
            match job.state {
                JobState::Done => FinishReply::Done,
                over if over.is_over() => FinishReply::Over(over),
                JobState::Planning => FinishReply::NotYet { done, total },
                _ if done < total => FinishReply::NotYet { done, total },
                _ => {
                    // Every task is done, so all remaining leases and waiting tasks are duplicates.
                    job.clear();
                    job.state = JobState::Done;
                    FinishReply::Done
                }
            }
        });
        match outcome {
            Err(StoreError::Lost { .. }) => Ok(FinishReply::NoPlan),
            other => other,
        }
    }

    async fn abandon(&self, job: &JobRef, reason: &str) -> StoreResult<()> {
        self.with(job, |job| {
            if !job.state.is_over() {
                job.clear();
                job.state = JobState::Failed;
                job.reason = Some(reason.to_owned());
            }
        })
    }

    async fn results(&self, job: &JobRef) -> StoreResult<Vec<Pairs>> {
        let read = |job: &mut Job| {
            (
                job.state,
                job.header.maps,
                job.header.total,
                job.counts.clone(),
            )
        };
        let (state, maps, total, counts) = self.with(job, read)?;
        if state != JobState::Done {
            return Err(StoreError::Changed {
                detail: format!("job {} is in state {}, not DONE", job.id, state.as_str()),
            });
        }
        if maps != total {
            return Err(StoreError::Fatal {
                detail: format!(
                    "the results of job {} are in the outputs of its reduce tasks, not in counts",
                    job.id
                ),
            });
        }
        Ok(run_blocking(move || counts.pairs())
            .await
            .expect("reading counts does not panic"))
    }

    async fn announce_presence(&self, _: Option<&JobRef>, _: Duration) -> StoreResult<()> {
        // The master and the workers share one process, so no announcement is needed.
        Ok(())
    }

    async fn dismiss_workers(&self) -> StoreResult<()> {
        Ok(())
    }

    async fn retire(&self, job: &JobRef, keep: Duration) -> StoreResult<()> {
        if keep.is_zero() {
            EmbeddedStore::jobs(self).remove(&job.id);
            self.notify();
            return Ok(());
        }
        self.with(job, |job| job.listed = None)
    }

    async fn checkpoint(&self) -> StoreResult<Checkpoint> {
        Ok(Checkpoint {
            age: None,
            ok: true,
            running: false,
        })
    }

    async fn health(&self, job: Option<&JobId>) -> StoreResult<Health> {
        let jobs = EmbeddedStore::jobs(self);
        Ok(job
            .and_then(|job| jobs.get(job))
            .map(Job::health)
            .unwrap_or_default())
    }
}

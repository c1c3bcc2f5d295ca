//! The actions of the master on the store.

use std::time::Duration;

use mapreduce_core::TaskIndex;
use settings::CrashPoint;
use store::{
    AttemptFailure, BlobStore, JobHeader, JobRef, JobStatus, JobStore, PlanReply, StoreError,
    StoreResult,
};

use super::job_blobs;
use super::shell::{ResultStage, Shell};
use crate::core::{Action, Event, LostPartition};
use crate::error::MasterError;
use crate::options::MasterOptions;
use crate::shipped_files;

/// Maximum tasks and bytes of payload per call: the store needs about a millisecond for them.
const PLAN_TASKS: usize = 1000;
const PLAN_BYTES: usize = 1 << 20;
/// Maximum lost tasks that one call adds again.
const REPAIR_TASKS: u32 = 1000;
/// Minimum time for which the keys of a job are kept, so that busy workers can see that the job is over.
const MIN_KEEP: Duration = Duration::from_secs(10);
/// Maximum wait for news of the job before its status is queried anyway.
const WATCH: Duration = Duration::from_secs(1);

impl<S: JobStore, B: BlobStore, P: FnMut(&JobStatus) + Send> Shell<'_, S, B, P> {
    /// Performs an action once. Only the actions on the result change the stage.
    pub(super) async fn attempt(
        &mut self,
        action: Action,
        stage: ResultStage,
    ) -> (ResultStage, Result<Event, MasterError>) {
        match action {
            // Boxed, because the compiler refuses types of futures that nest too deep.
            Action::Assemble(job, status) => Box::pin(self.assemble(stage, &job, &status)).await,
            Action::Publish(job, status) => Box::pin(self.publish(stage, &job, &status)).await,
            action => {
                let outcome = self.attempt_on_store(action, &stage).await;
                (stage, outcome)
            }
        }
    }

    async fn attempt_on_store(
        &mut self,
        action: Action,
        stage: &ResultStage,
    ) -> Result<Event, MasterError> {
        let store = self.store.clone();
        Ok(match action {
            Action::Connect => {
                let deadline = self.options.deadline;
                Event::Connected(
                    settings::retry("connect to the store", deadline, || store.connect()).await?,
                )
            }
            Action::Jobs => Event::Jobs(store.jobs().await?),
            Action::Plan(job, from) => {
                if from == 0 {
                    self.begin(&job, stage).await?;
                }
                Event::Planned(self.send_plan(job, from).await?)
            }
            Action::Audit(job) => Event::Missing(store.missing(&job, REPAIR_TASKS).await?),
            Action::Repair(job, lost) => {
                let payload = |index: TaskIndex| Some((index, self.plan.payload(index)?));
                let tasks: Vec<_> = lost.into_iter().filter_map(payload).collect();
                store.repair(&job, &tasks).await?;
                Event::Repaired
            }
            Action::Watch(job, cursor) => Event::Watched(store.watch(&job, cursor, WATCH).await?),
            Action::Status(job) => {
                let status = store.status(&job).await?;
                if let Some(status) = &status {
                    (self.progress)(status);
                }
                Event::Status(status.map(Box::new), self.start.elapsed())
            }
            Action::Examine(job) => Event::Examined(Box::new(store.health(Some(&job)).await?)),
            Action::Finish(job) => Event::Finished(store.finish(&job).await?),
            Action::Reopen(job, lost) => {
                self.reopen(&job, lost).await?;
                Event::Reopened
            }
            Action::Abandon(job, reason) => match store.abandon(&job, &reason).await {
                // A store that has lost the job has nothing to mark.
                Ok(()) | Err(StoreError::Lost { .. }) => Event::Abandoned,
                Err(error) => return Err(error.into()),
            },
            Action::Retire(job) => {
                self.retire(&job, stage).await?;
                Event::Retired
            }
            Action::Assemble(..) | Action::Publish(..) | Action::Notify(_) | Action::End(_) => {
                unreachable!("these actions are not performed on the store")
            }
        })
    }

    /// Prepares everything that the first task needs. Repeated on every reconnection, because the store may have lost
    /// it.
    async fn begin(&mut self, job: &JobRef, stage: &ResultStage) -> Result<(), MasterError> {
        self.presence.announce_job(job).await?;
        let MasterOptions { files, expire, .. } = self.options;
        shipped_files::put(&self.blobs, job, files, *expire).await?;
        self.keep_blobs_alive(job);
        stage.begin(job).await
    }

    /// Retires the job, so that workers and the next master forget it.
    pub(super) async fn retire(&self, job: &JobRef, stage: &ResultStage) -> StoreResult<()> {
        // Workers wait for the next step only if this one has succeeded.
        let published = matches!(stage, ResultStage::Published { .. });
        if !self.options.has_next_step() || !published {
            self.store.dismiss_workers().await?;
        }
        let keep = self.options.keep.max(MIN_KEEP);
        self.store.retire(job, keep).await?;
        if let Some(kept_alive) = &self.kept_alive {
            // Otherwise it would restore the files that are removed below.
            kept_alive.abort();
        }
        // The blobs are removed only now: a master that finds the job listed would miss them. The manifests, which name
        // the blobs, are still in the store.
        job_blobs::remove(&self.store, &self.blobs, job, &self.owned_blobs()).await;
        Ok(())
    }

    /// Returns the blobs that the job may have in the blob store.
    fn owned_blobs(&self) -> job_blobs::OwnedBlobs {
        job_blobs::OwnedBlobs {
            tasks: self.plan.total(),
            has_bad_records: self.plan.spec().skip_bad_records > 0,
            files: self.options.files.clone(),
        }
    }

    /// Sends the next section of the plan.
    async fn send_plan(&self, job: JobRef, from: u32) -> StoreResult<PlanReply> {
        self.options.crash.reach(CrashPoint::WhilePlanning);
        let spec = serde_json::to_string(self.plan.spec()).expect("plain data is JSON");
        let header = JobHeader {
            job,
            spec,
            maps: self.plan.maps(),
            total: self.plan.total(),
            owner: self.options.owner.clone(),
        };
        let mut bytes = 0;
        // A section ends with the map tasks, because reduce tasks must not be planned before all map tasks are done.
        let end = match self.plan.maps() {
            maps if from < maps => maps,
            _ => self.plan.total(),
        };
        let payloads = (from..end).map_while(|index| self.plan.payload(TaskIndex(index)));
        let payloads = payloads.take(PLAN_TASKS).take_while(|payload| {
            let fits = bytes < PLAN_BYTES;
            bytes += payload.len();
            fits
        });
        self.store
            .plan(&header, from, &payloads.collect::<Vec<_>>())
            .await
    }

    fn keep_blobs_alive(&mut self, job: &JobRef) {
        let (store, blobs) = (self.store.clone(), self.blobs.clone());
        let (owned, expire) = (self.owned_blobs(), self.options.expire);
        self.kept_alive
            .get_or_insert_with(|| job_blobs::keep_alive(store, blobs, job.clone(), owned, expire));
    }

    /// Reopens the tasks of lost partition results. A task that loses its result too often fails the job.
    async fn reopen(&self, job: &JobRef, lost: Vec<LostPartition>) -> StoreResult<()> {
        let (result, advice) = match self.plan.spec().part_files {
            Some(_) => (
                "part file",
                "job.output is the same folder for the master and the workers",
            ),
            None => (
                "result",
                "shuffle.store is the same for the master and the workers",
            ),
        };
        for LostPartition {
            task,
            attempt,
            damage,
        } in lost
        {
            let reason = format!(
                "the {result} of task {task} was lost repeatedly: {damage}; check that {advice}, and that no other \
                 program removes files from it"
            );
            let failure = AttemptFailure {
                reason,
                max_attempts: self.options.max_attempts,
            };
            self.store.reopen(job, task, &attempt, &failure).await?;
        }
        Ok(())
    }
}

//! Each action of the master, on the store.

use std::time::Duration;

use mapreduce::TaskIndex;
use runtime::CrashPoint;
use store::{
    Blame, BlobStore, JobHeader, JobRef, JobStatus, JobStore, PlanReply, StoreError, StoreResult,
};

use super::Shell;
use crate::blobs;
use crate::core::{Action, Event, LostPart};
use crate::error::MasterError;
use crate::files;
use crate::options::Options;

/// Most tasks and most bytes of payload handed over in one call: a millisecond or so of the store.
const PLAN_TASKS: usize = 1000;
const PLAN_BYTES: usize = 1 << 20;
/// How many lost tasks are added again in one call.
const REPAIR_TASKS: u32 = 1000;
/// Shortest time that a job's keys stay: workers that are busy elsewhere must see that it is over.
const FAREWELL: Duration = Duration::from_secs(10);
/// Longest wait for something to happen before looking at the job anyway.
const WATCH: Duration = Duration::from_secs(1);

impl<S: JobStore, B: BlobStore, P: FnMut(&JobStatus) + Send> Shell<'_, S, B, P> {
    pub(super) async fn attempt(&mut self, action: Action) -> Result<Event, MasterError> {
        let store = self.store.clone();
        Ok(match action {
            Action::Connect => {
                let deadline = self.options.deadline;
                Event::Connected(
                    runtime::retry("connect to the store", deadline, || store.connect()).await?,
                )
            }
            Action::Jobs => Event::Jobs(store.jobs().await?),
            Action::Plan(job, from) => {
                if from == 0 {
                    self.begin(&job).await?;
                }
                Event::Planned(self.hand_over(job, from).await?)
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
            Action::Assemble(job, status) => self.assemble(job, &status).await?,
            Action::Reopen(job, lost) => {
                self.reopen(&job, lost).await?;
                Event::Reopened
            }
            Action::Publish(job, status) => {
                self.publish(&job, &status).await?;
                Event::Published
            }
            Action::Abandon(job, reason) => match store.abandon(&job, &reason).await {
                // A store that forgot the job has nothing to be marked.
                Ok(()) | Err(StoreError::Lost { .. }) => Event::Abandoned,
                Err(error) => return Err(error.into()),
            },
            Action::Retire(job) => {
                self.retire(&job).await?;
                Event::Retired
            }
            Action::Say(_) | Action::End(_) => unreachable!("not for the store"),
        })
    }

    /// What is needed before there is any task. First of all, and again on a store that may have lost the sign.
    async fn begin(&mut self, job: &JobRef) -> Result<(), MasterError> {
        self.attendance.watch_over(job).await?;
        let Options { files, expire, .. } = self.options;
        files::put(&self.blobs, job, files, *expire).await?;
        self.keep_runs(job);
        match &self.output {
            Some(output) => output.begin(job).await,
            None => Ok(()),
        }
    }

    async fn publish(&mut self, job: &JobRef, status: &JobStatus) -> Result<(), MasterError> {
        if self.written.is_none() {
            self.collect(job, status).await?;
        }
        // Before the result: who finds that finds what is not in it.
        self.list_bad_records(job, status).await?;
        let output = self.output.take().expect("a result is published once");
        output.publish(job, &self.options.crash).await
    }

    /// Lets workers and the next master forget the job.
    pub(super) async fn retire(&self, job: &JobRef) -> StoreResult<()> {
        // After a step that failed no other follows. An output that is gone is published.
        if !self.options.is_followed() || self.output.is_some() {
            self.store.dismiss().await?;
        }
        let keep = self.options.keep.max(FAREWELL);
        self.store.retire(job, keep).await?;
        if let Some(kept_alive) = &self.kept_alive {
            // It would put files again.
            kept_alive.abort();
        }
        // Not before: a master that finds the job listed would miss its parts. The manifests are still there.
        blobs::remove(&self.store, &self.blobs, job, &self.owned()).await;
        Ok(())
    }

    /// What the job may have in the store of blobs.
    fn owned(&self) -> blobs::Owned {
        blobs::Owned {
            tasks: self.plan.total(),
            bad_records: self.plan.spec().skip_bad_records > 0,
            files: self.options.files.clone(),
        }
    }

    /// Hands over the next stretch of the plan.
    async fn hand_over(&self, job: JobRef, from: u32) -> StoreResult<PlanReply> {
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
        // Reduce tasks are planned when all map tasks are done, not before.
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

    fn keep_runs(&mut self, job: &JobRef) {
        let (store, blobs) = (self.store.clone(), self.blobs.clone());
        let (owned, expire) = (self.owned(), self.options.expire);
        self.kept_alive
            .get_or_insert_with(|| blobs::keep_alive(store, blobs, job.clone(), owned, expire));
    }

    async fn reopen(&self, job: &JobRef, lost: Vec<LostPart>) -> StoreResult<()> {
        for LostPart {
            task,
            attempt,
            what,
        } in lost
        {
            let (part, place) = match self.plan.spec().part_files {
                Some(_) => (
                    "part file",
                    "job.output of the workers leads to the folder of the master's",
                ),
                None => (
                    "part",
                    "the master reaches the same shuffle.store as the workers",
                ),
            };
            let reason = format!(
                "the {part} of task {task} was lost again and again: {what}; see that {place}, and that nothing \
                 else removes what is in it"
            );
            let blame = Blame {
                reason,
                max_attempts: self.options.max_attempts,
            };
            self.store.reopen(job, task, &attempt, &blame).await?;
        }
        Ok(())
    }
}

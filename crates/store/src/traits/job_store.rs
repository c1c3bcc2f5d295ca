//! The master's interface to a store.

use std::future::Future;
use std::time::Duration;

use mapreduce_core::{JobId, Pairs, TaskIndex};

use super::output_store::OutputStore;
use crate::error::StoreResult;
use crate::types::{
    Checkpoint, EventCursor, FinishReply, Health, JobHeader, JobRecord, JobRef, JobStatus,
    PlanReply, StoreId,
};

/// The master's interface: planning, watching, repairing and finishing jobs.
///
/// Every method is idempotent and may be retried after any error. A change is as durable as the store itself: Redis
/// may restart from an older snapshot or empty. [`JobStore::connect`] then returns another [`StoreId`], and the master
/// recovers by planning and repairing.
pub trait JobStore: OutputStore {
    /// Connects to the store, or checks the connection, and returns the store's incarnation.
    ///
    /// Rejects an unsuitable server, and loads the function library if it is missing or has another version.
    fn connect(&self) -> impl Future<Output = StoreResult<StoreId>> + Send;

    /// Returns the listed jobs, oldest first. A job is listed from its first plan call until it is retired.
    fn jobs(&self) -> impl Future<Output = StoreResult<Vec<JobRecord>>> + Send;

    /// Appends the tasks with these `payloads`, the first of which has the index `start`, and lists the job.
    ///
    /// The job becomes ready for workers once all of its `header.maps` map tasks are appended. No task is appended
    /// twice. One call appends either map tasks or reduce tasks. Reduce tasks are appended only while all map tasks
    /// are done. Otherwise the reply is `Complete` and nothing changes: read the status and plan them later.
    fn plan(
        &self,
        header: &JobHeader,
        start: u32,
        payloads: &[String],
    ) -> impl Future<Output = StoreResult<PlanReply>> + Send;

    /// Returns up to `limit` lost tasks, in order: tasks that are not done, not dead, and neither waiting in the
    /// stream nor held by a worker.
    fn missing(
        &self,
        job: &JobRef,
        limit: u32,
    ) -> impl Future<Output = StoreResult<Vec<TaskIndex>>> + Send;

    /// Adds those of `tasks` that are lost to the stream again, and returns their number.
    fn repair(
        &self,
        job: &JobRef,
        tasks: &[(TaskIndex, String)],
    ) -> impl Future<Output = StoreResult<u32>> + Send;

    /// Returns a consistent view of the job, or `None` if the store does not know it.
    fn status(&self, job: &JobId) -> impl Future<Output = StoreResult<Option<JobStatus>>> + Send;

    /// Waits for an event of the job after the cursor `after`, for at most `wait`.
    ///
    /// The event itself is not returned: read [`JobStore::status`].
    fn watch(
        &self,
        job: &JobId,
        after: EventCursor,
        wait: Duration,
    ) -> impl Future<Output = StoreResult<EventCursor>> + Send;

    /// Marks the job as done if every task is done, and acknowledges pending duplicates.
    fn finish(&self, job: &JobRef) -> impl Future<Output = StoreResult<FinishReply>> + Send;

    /// Marks the job as failed, with a `reason` for the user. A job that is over does not change.
    fn abandon(&self, job: &JobRef, reason: &str) -> impl Future<Output = StoreResult<()>> + Send;

    /// Returns the counts of a finished job without reduce tasks, in any order and each key once.
    ///
    /// Fails with [`crate::StoreError::Changed`] if the job changed or was rolled back during the call.
    fn results(&self, job: &JobRef) -> impl Future<Output = StoreResult<Vec<Pairs>>> + Send;

    /// Announces for the time `lasting` that a master is present and, if `job` is given, that it watches this job.
    ///
    /// Workers join only watched jobs, so an abandoned job does not keep them from the next one. A master calls this
    /// without a job when it starts, which cancels an earlier dismissal.
    fn announce_presence(
        &self,
        job: Option<&JobRef>,
        lasting: Duration,
    ) -> impl Future<Output = StoreResult<()>> + Send;

    /// Dismisses the workers that arrive after the last job. See [`crate::TaskStore::time_since_dismissal`].
    fn dismiss_workers(&self) -> impl Future<Output = StoreResult<()>> + Send;

    /// Removes a job that is over from the list of jobs. Its keys expire after `keep`.
    fn retire(&self, job: &JobRef, keep: Duration) -> impl Future<Output = StoreResult<()>> + Send;

    /// Starts a checkpoint unless one is running, and describes the last one.
    fn checkpoint(&self) -> impl Future<Output = StoreResult<Checkpoint>> + Send;

    /// Diagnoses the store and, if `job` is given, that job. The master calls this after a long time without progress.
    ///
    /// The call changes nothing and works while the store refuses writes.
    fn health(&self, job: Option<&JobId>) -> impl Future<Output = StoreResult<Health>> + Send;
}

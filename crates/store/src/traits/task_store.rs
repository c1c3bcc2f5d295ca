//! A worker's interface to a store.

use std::future::Future;
use std::time::Duration;

use mapreduce_core::WorkerName;

use super::output_store::OutputStore;
use crate::error::StoreResult;
use crate::types::{
    AttemptFailure, Backup, Claim, Commit, CommitReply, FailReply, JobAvailability, JobHeader,
    JobRef, Renewal, StoreId, TaskRef,
};

/// A worker's interface: claiming, renewing, committing and failing tasks.
pub trait TaskStore: OutputStore {
    /// Reconnects after an error, and loads the function library if it is missing.
    fn reconnect(&self) -> impl Future<Output = StoreResult<StoreId>> + Send;

    /// Returns the oldest watched job that is ready for workers. Waits up to `wait` for one.
    fn next_job(
        &self,
        wait: Duration,
    ) -> impl Future<Output = StoreResult<Option<JobHeader>>> + Send;

    /// Returns the time since a master dismissed the workers. `None` if this was more than an hour ago, or if a
    /// master is present now.
    fn time_since_dismissal(&self) -> impl Future<Output = StoreResult<Option<Duration>>> + Send;

    /// Returns the availability of the job for workers.
    fn job_availability(
        &self,
        job: &JobRef,
    ) -> impl Future<Output = StoreResult<JobAvailability>> + Send;

    /// Claims up to `count` unclaimed tasks. Waits up to `wait` for the first one.
    ///
    /// A claim is durable before the call returns. If the reply is lost, [`TaskStore::held`] returns the claims.
    fn claim(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        count: u32,
        wait: Duration,
    ) -> impl Future<Output = StoreResult<Vec<Claim>>> + Send;

    /// Returns all tasks that `worker` holds, oldest first. Those that the worker does not know of come from lost
    /// replies.
    fn held(
        &self,
        job: &JobRef,
        worker: &WorkerName,
    ) -> impl Future<Output = StoreResult<Vec<Claim>>> + Send;

    /// Reclaims up to `count` tasks whose leases were not renewed for `lease`. They may include tasks of `worker`
    /// itself.
    fn reclaim(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        lease: Duration,
        count: u32,
    ) -> impl Future<Output = StoreResult<Vec<Claim>>> + Send;

    /// Claims a backup attempt at a slow task of another worker, if no task waits and the task has no backup yet.
    ///
    /// A task is slow if it is held 1.5 times as long as the mean of the done tasks of its phase, and at least 300 ms.
    /// While no task of the phase is done, it is slow after a whole `lease`. The first commit counts. The other
    /// attempt's lease is `Lost` at its next renewal. If the reply is lost, [`TaskStore::held`] returns the claim.
    fn backup(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        lease: Duration,
    ) -> impl Future<Output = StoreResult<Backup>> + Send;

    /// Renews the leases of `tasks` and records that `worker` is alive, even without tasks.
    ///
    /// Returns one entry for each task, in order. The store acknowledges a task that is done meanwhile, and its lease
    /// is `Lost`.
    fn renew(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        tasks: &[TaskRef],
    ) -> impl Future<Output = StoreResult<Vec<Renewal>>> + Send;

    /// Completes a task and publishes its output, in one step and exactly once.
    ///
    /// The commit is gated on the plan and the task index. After an error its outcome is unknown: retry until the
    /// call returns a reply. Outputs above 50,000 pairs are sent in several commit batches, each gated by the task
    /// index and the batch number. The last batch completes the task. Attempts of one task produce the same batches,
    /// so one attempt can continue where another one died.
    fn commit(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        commit: &Commit,
    ) -> impl Future<Output = StoreResult<CommitReply>> + Send;

    /// Returns a task to the store, where it can be claimed at once.
    ///
    /// With `failure`, this counts as a failed attempt, and the task is dead after `max_attempts` failures. Without it,
    /// the attempt does not count.
    fn fail(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        task: TaskRef,
        failure: Option<&AttemptFailure>,
    ) -> impl Future<Output = StoreResult<FailReply>> + Send;
}

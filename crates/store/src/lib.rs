//! Coordination behind small traits: what the master, what a worker and what both may ask of the store.
//!
//! There are two implementations, [`RedisStore`] and [`EmbeddedStore`] (the twin inside one process),
//! and one [`conformance`] suite that both pass.
//!
//! # Layout
//! - [`blobs`]: the data plane, behind a trait of its own, [`BlobStore`].
//! - [`types`]: what is asked and what is answered.
//! - [`error`]: errors, by what the caller does about them.
//! - [`off_thread()`]: work that takes long.
//! - [`embedded`]: the store of one process.
//! - [`redis`]: the store of a cluster; the function library is in `lua/`.
//! - [`conformance`]: the contract, as tests over any store.

pub mod blobs;
pub mod conformance;
pub mod embedded;
pub mod error;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod off_thread;
pub mod redis;
pub mod types;

use std::future::Future;
use std::ops::Range;
use std::time::Duration;

use mapreduce::{JobId, Pairs, TaskIndex, WorkerName};

pub use blobs::{
    Blob, BlobId, BlobRange, BlobStore, Blobs, FolderBlobs, FoundSection, LostBlob, MemoryBlobs,
    Room, SectionSource, find_sections, open_sections,
};
pub use embedded::EmbeddedStore;
pub use error::StoreError;
pub use off_thread::{off_thread, work_in_line};
pub use redis::{RedisBlobs, RedisOptions, RedisStore};
pub use types::*;

/// What every method answers.
pub type StoreResult<T> = Result<T, StoreError>;

/// Outputs that attempts stored: which of them count, and what to do when one is lost.
pub trait OutputStore: Clone + Send + Sync + 'static {
    /// What the tasks `tasks` stored, in order; `None` where a task is not done (or stored nothing).
    ///
    /// Each answer was true at some moment during the call, not all at the same one.
    fn outputs(
        &self,
        job: &JobRef,
        tasks: Range<u32>,
    ) -> impl Future<Output = StoreResult<Vec<Option<Stored>>>> + Send;

    /// Forgets that `task` is done if it was done by `attempt`, whose blob turned out to be lost or
    /// damaged: takes its counters back, counts a failed attempt, and adds the task again, or buries it
    /// after `blame.max_attempts`.
    ///
    /// May be repeated: what is reopened already is [`ReopenReply::Stale`].
    fn reopen(
        &self,
        job: &JobRef,
        task: TaskIndex,
        attempt: &str,
        blame: &Blame,
    ) -> impl Future<Output = StoreResult<ReopenReply>> + Send;
}

/// The master's side: planning, watching, repairing, finishing.
///
/// Every method may be called again after any error: all of them are idempotent. "Durable" means as
/// durable as the store is: Redis may come back with an older snapshot or empty, and then its
/// [`JobStore::connect`] answers another [`StoreId`]; plan and repair, then everything goes on.
pub trait JobStore: OutputStore {
    /// Connects or checks the connection, refuses an unfit server, loads the function library if it is
    /// missing or of another version. Answers which incarnation of the store this is.
    fn connect(&self) -> impl Future<Output = StoreResult<StoreId>> + Send;

    /// Jobs that are listed: planned or being planned, and not yet retired. Oldest first.
    fn jobs(&self) -> impl Future<Output = StoreResult<Vec<JobRecord>>> + Send;

    /// Appends the tasks `payloads`, the first of which has the index `start`; lists the job; makes it
    /// ready for workers once all `header.maps` map tasks are there. Nothing is appended twice.
    ///
    /// A stretch holds map tasks or reduce tasks, not both. Reduce tasks are appended only while all map
    /// tasks are done; otherwise nothing happens, and the reply is `Complete`: look at the status, and
    /// plan them later.
    fn plan(
        &self,
        header: &JobHeader,
        start: u32,
        payloads: &[String],
    ) -> impl Future<Output = StoreResult<PlanReply>> + Send;

    /// Indexes that are neither done, dead, nor waiting in or delivered from the stream: lost. At most
    /// `limit` of them, in order.
    fn missing(
        &self,
        job: &JobRef,
        limit: u32,
    ) -> impl Future<Output = StoreResult<Vec<TaskIndex>>> + Send;

    /// Adds those of `tasks` again that are neither done nor dead nor in the stream. Answers how many.
    fn repair(
        &self,
        job: &JobRef,
        tasks: &[(TaskIndex, String)],
    ) -> impl Future<Output = StoreResult<u32>> + Send;

    /// One consistent picture; `None` if the store knows no such job.
    fn status(&self, job: &JobId) -> impl Future<Output = StoreResult<Option<JobStatus>>> + Send;

    /// Returns as soon as something has happened in the job since `after`, or once `wait` is over.
    /// What happened is not told: look at [`JobStore::status`].
    fn watch(
        &self,
        job: &JobId,
        after: EventCursor,
        wait: Duration,
    ) -> impl Future<Output = StoreResult<EventCursor>> + Send;

    /// Freezes the job as done if every index is done, and acknowledges what duplicates are pending.
    fn finish(&self, job: &JobRef) -> impl Future<Output = StoreResult<FinishReply>> + Send;

    /// Ends the job as failed, with the reason that people will read. A job that is over stays as it is.
    fn abandon(&self, job: &JobRef, reason: &str) -> impl Future<Output = StoreResult<()>> + Send;

    /// The counts of a job without reduce tasks that is done, in any order, each key once. Lists of a
    /// job that changed or was rolled back while they were read are refused with
    /// [`StoreError::Changed`].
    fn results(&self, job: &JobRef) -> impl Future<Output = StoreResult<Vec<Pairs>>> + Send;

    /// Shows for the time `lasting` that a master is there and, if `job` is given, watches over it:
    /// workers look only for such jobs, so that one that was left behind does not keep them from the next.
    /// Without a job, which is how a master begins, an earlier dismissal is forgotten.
    fn attend(
        &self,
        job: Option<&JobRef>,
        lasting: Duration,
    ) -> impl Future<Output = StoreResult<()>> + Send;

    /// Tells workers that have come too late for any job that they may go: see
    /// [`TaskStore::deserted`].
    fn dismiss(&self) -> impl Future<Output = StoreResult<()>> + Send;

    /// Takes a job that is over off the list of jobs; its keys go after `keep`.
    fn retire(&self, job: &JobRef, keep: Duration) -> impl Future<Output = StoreResult<()>> + Send;

    /// Starts a checkpoint if none is under way, and tells about the last one.
    fn checkpoint(&self) -> impl Future<Output = StoreResult<Checkpoint>> + Send;

    /// What may keep the store from going on, and `job`, if it is given: asked when nothing has happened for
    /// long. Changes nothing, and is answered while the store takes no writes.
    fn health(&self, job: Option<&JobId>) -> impl Future<Output = StoreResult<Health>> + Send;
}

/// A worker's side: claim, renew, commit, fail.
pub trait TaskStore: OutputStore {
    /// Connects again after an error and loads the function library if it is missing.
    fn reconnect(&self) -> impl Future<Output = StoreResult<StoreId>> + Send;

    /// The oldest attended job that is ready to be worked on; waits up to `wait` for one and returns as soon
    /// as there is one.
    fn next_job(
        &self,
        wait: Duration,
    ) -> impl Future<Output = StoreResult<Option<JobHeader>>> + Send;

    /// How long ago a master dismissed the workers, if that was within the last hour and none is there
    /// now.
    fn deserted(&self) -> impl Future<Output = StoreResult<Option<Duration>>> + Send;

    /// Whether the job still needs workers.
    fn standing(&self, job: &JobRef) -> impl Future<Output = StoreResult<Standing>> + Send;

    /// Claims up to `count` tasks that nobody has claimed, waiting up to `wait` for the first.
    ///
    /// A claim is durable before it is answered. If the answer is lost, the claims are in
    /// [`TaskStore::held`].
    fn claim(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        count: u32,
        wait: Duration,
    ) -> impl Future<Output = StoreResult<Vec<Claim>>> + Send;

    /// All tasks that `worker` holds, oldest first; those it does not know of are answers that got lost.
    fn held(
        &self,
        job: &JobRef,
        worker: &WorkerName,
    ) -> impl Future<Output = StoreResult<Vec<Claim>>> + Send;

    /// Claims up to `count` tasks whose leases have not been renewed for `lease`, whoever held them.
    /// May answer tasks that `worker` itself holds.
    fn reclaim(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        lease: Duration,
        count: u32,
    ) -> impl Future<Output = StoreResult<Vec<Claim>>> + Send;

    /// Once nothing waits, claims a task too that another worker holds for longer than such tasks take, if
    /// nobody attempts it a second time already: at least half as long again as those of its phase that are
    /// done were held on the average, and 300 ms; a whole `lease` while none is done. The first commit counts;
    /// the other attempt's lease is `Lost` at its next renewal.
    ///
    /// If the answer is lost, the claim is in [`TaskStore::held`].
    fn backup(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        lease: Duration,
    ) -> impl Future<Output = StoreResult<Backup>> + Send;

    /// Renews the leases of `tasks` and shows that `worker` lives, which it also does without tasks.
    /// One answer per task, in order. A task that is done meanwhile is acknowledged and `Lost`.
    fn renew(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        tasks: &[TaskRef],
    ) -> impl Future<Output = StoreResult<Vec<Renewal>>> + Send;

    /// Completes a task and makes its output visible, as one step, once, whoever calls it how often.
    ///
    /// Gated on `(plan, index)`. After an error nobody knows whether it happened: call it again until
    /// it answers. Outputs over 50,000 pairs go in parts, each gated by `(index, part)`; the task is
    /// done with the last one, and parts of different attempts are interchangeable.
    fn commit(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        commit: &Commit,
    ) -> impl Future<Output = StoreResult<CommitReply>> + Send;

    /// Gives a task back. With `blame`, counts a failed attempt, and the task is dead once
    /// `max_attempts` failed; without, it is handed back unharmed. It can be claimed at once.
    fn fail(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        task: TaskRef,
        blame: Option<&Blame>,
    ) -> impl Future<Output = StoreResult<FailReply>> + Send;
}

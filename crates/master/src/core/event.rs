//! The events that the reconciler receives.

use std::time::Duration;

use mapreduce_core::TaskIndex;
use store::{
    EventCursor, FinishReply, Health, JobRecord, JobStatus, PlanReply, StoreError, StoreId,
};

/// Outcome of an action, or the start of the process.
#[derive(Debug, Clone)]
pub enum Event {
    /// The process has started.
    Started,
    /// The master is connected to this incarnation of the store.
    Connected(StoreId),
    /// The store lists these jobs.
    Jobs(Vec<JobRecord>),
    /// The store replied to a batch of the plan. ("section" is a part of a blob)
    Planned(PlanReply),
    /// An audit has found these lost tasks.
    Missing(Vec<TaskIndex>),
    /// Lost tasks were added again.
    Repaired,
    /// An event of the job occurred, or the wait timed out.
    Watched(EventCursor),
    /// Status of the job, and the time since the start. `None` if the store lacks the job.
    Status(Option<Box<JobStatus>>, Duration),
    /// The health of the store, requested because no task completes.
    Examined(Box<Health>),
    /// The output is written from the partition results, but not yet published.
    Assembled,
    /// Results of these partitions are lost, although their reduce tasks are done.
    PartitionsLost(Vec<LostPartition>),
    /// The tasks of lost partition results are reopened.
    Reopened,
    /// The store replied to the request to close the job.
    Finished(FinishReply),
    /// The result is published.
    Published,
    /// The job is marked as failed, or was over already.
    Abandoned,
    /// The store no longer lists the job.
    Retired,
    /// The store failed to answer. The failure may be transient.
    StoreFailed(StoreError),
}

/// Partition result or part file that is missing or damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostPartition {
    /// Reduce task to rerun.
    pub task: TaskIndex,
    /// Attempt that wrote the result.
    pub attempt: String,
    /// `DecompressionError`, as a clause such as "its file is missing".
    pub damage: String,
}

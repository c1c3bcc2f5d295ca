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
    /// The store answers, and this is its incarnation.
    Connected(StoreId),
    /// The store lists these jobs.
    Jobs(Vec<JobRecord>),
    /// The store has answered a section of the plan.
    Planned(PlanReply),
    /// An audit has found these lost tasks.
    Missing(Vec<TaskIndex>),
    /// Lost tasks were added again.
    Repaired,
    /// Something happened in the job, or nothing did for a while.
    Watched(EventCursor),
    /// Status of the job, and the time since the start. `None` if the store lacks the job.
    Status(Option<Box<JobStatus>>, Duration),
    /// The store's reasons why no task completes.
    Examined(Box<Health>),
    /// The output is written from the partition results, but not yet published.
    Assembled,
    /// Results of these partitions are lost, although their reduce tasks are done.
    PartitionsLost(Vec<LostPartition>),
    /// The tasks of lost partition results are reopened.
    Reopened,
    /// The store has answered the request to close the job.
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

//! What a master is told, and what it asks for.

use std::time::Duration;

use mapreduce::{JobId, TaskIndex};
use store::{
    EventCursor, FinishReply, Health, JobRecord, JobRef, JobStatus, PlanReply, StoreError, StoreId,
};

use super::Cause;

/// What happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// The process has started.
    Started,
    /// The store answers, and this is its incarnation.
    Connected(StoreId),
    /// The jobs that are listed.
    Jobs(Vec<JobRecord>),
    /// A stretch of the plan was handed over.
    Planned(PlanReply),
    /// Tasks that are lost.
    Missing(Vec<TaskIndex>),
    /// Lost tasks were added again.
    Repaired,
    /// Something happened in the job, or nothing for a while.
    Watched(EventCursor),
    /// How the job stands, at this time since the start.
    Status(Option<Box<JobStatus>>, Duration),
    /// What the store knows of reasons why nothing gets done.
    Examined(Box<Health>),
    /// The parts make a result; the output is written, but not in its place yet.
    Assembled,
    /// Parts of these reduce tasks are lost, though the tasks are done.
    PartsLost(Vec<LostPart>),
    /// Tasks were reopened.
    Reopened,
    /// Whether the job could be closed.
    Finished(FinishReply),
    /// The result is published.
    Published,
    /// The job is marked as failed, or was over.
    Abandoned,
    /// The job is off the list.
    Retired,
    /// The store failed to answer; transient.
    Troubled(StoreError),
}

/// A part that is missing or damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostPart {
    /// The reduce task that is to be done again.
    pub task: TaskIndex,
    /// The attempt that wrote the part.
    pub attempt: String,
    /// What is wrong with it.
    pub what: String,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Connect, for as long as the deadline allows.
    Connect,
    /// List the jobs.
    Jobs,
    /// Hand over the plan from this index on.
    Plan(JobRef, u32),
    /// Look for lost tasks.
    Audit(JobRef),
    /// Add these tasks again.
    Repair(JobRef, Vec<TaskIndex>),
    /// Wait until something happens in the job.
    Watch(JobId, EventCursor),
    /// Ask how the job stands.
    Status(JobId),
    /// Ask the store why nothing gets done.
    Examine(JobId),
    /// Make the result out of the parts of all reduce tasks.
    Assemble(JobRef, Box<JobStatus>),
    /// Have the tasks of these parts done again.
    Reopen(JobRef, Vec<LostPart>),
    /// Close the job.
    Finish(JobRef),
    /// Put the result in its place; if it was summed up by the store, read and write it first.
    Publish(JobRef, Box<JobStatus>),
    /// Mark the job as failed.
    Abandon(JobRef, String),
    /// Take the job off the list.
    Retire(JobRef),
    /// Something people should know.
    Say(Notice),
    /// End.
    End(Outcome),
}

/// Something people should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// A job was taken up where it was left.
    Resumed,
    /// The store is another incarnation: it may have lost what came after its last checkpoint.
    StoreRestarted,
    /// Tasks were lost and are added again.
    Lost(u32),
    /// Parts were lost and are made again.
    PartsLost(u32),
    /// No task was completed for this long, and what may be the reasons: at least one.
    Stalled(Duration, Vec<Cause>),
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The result is published.
    Done,
    /// The job failed.
    Failed(String),
}

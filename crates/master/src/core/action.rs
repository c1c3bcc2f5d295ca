//! The actions that the reconciler requests.

use std::time::Duration;

use mapreduce_core::{JobId, TaskIndex};
use store::{EventCursor, JobRef, JobStatus};

use super::event::LostPartition;
use super::stall_diagnosis::StallDiagnosis;

/// Next action of the master.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Connect to the store, and retry until the deadline.
    Connect,
    /// List the jobs.
    Jobs,
    /// Send the next section of the plan, from this task on.
    Plan(JobRef, u32),
    /// Find lost tasks.
    Audit(JobRef),
    /// Add these lost tasks again.
    Repair(JobRef, Vec<TaskIndex>),
    /// Wait until something happens in the job.
    Watch(JobId, EventCursor),
    /// Query the status of the job.
    Status(JobId),
    /// Query the store for reasons why no task completes.
    Examine(JobId),
    /// Write the output from the results of all partitions.
    Assemble(JobRef, Box<JobStatus>),
    /// Reopen the tasks of these lost partition results.
    Reopen(JobRef, Vec<LostPartition>),
    /// Close the job.
    Finish(JobRef),
    /// Publish the output. With live aggregation, read the counts from the store and write them first.
    Publish(JobRef, Box<JobStatus>),
    /// Mark the job as failed.
    Abandon(JobRef, String),
    /// Remove the job from the list.
    Retire(JobRef),
    /// Log this for the user.
    Notify(Notice),
    /// End the master.
    End(Outcome),
}

/// News for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The master resumes an unfinished job.
    Resumed,
    /// The store is another incarnation, and may have lost everything since its last checkpoint.
    StoreRestarted,
    /// This many tasks were lost, and are added again.
    TasksLost(u32),
    /// This many partition results were lost, and their tasks are rerun.
    PartitionsLost(u32),
    /// No task has completed for this long, for at least one of these reasons.
    Stalled(Duration, Vec<StallDiagnosis>),
}

/// End of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The result is published.
    Done,
    /// The job failed for this reason.
    Failed(String),
}

//! Jobs: their plans, states and replies.

use std::time::Duration;

use mapreduce_core::{Counters, JobId, PlanHash, TaskIndex};

/// Identity of one run of the store: the `run_id` of Redis. Another run may hold an older snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoreId(pub String);

/// A job and its plan.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobRef {
    /// The job.
    pub id: JobId,
    /// The plan. A store that holds another plan under this job id refuses the call.
    pub plan: PlanHash,
}

/// Header of a plan: everything a worker needs to join the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobHeader {
    /// The job and its plan.
    pub job: JobRef,
    /// [`mapreduce_core::JobSpec`] as JSON.
    pub spec: String,
    /// Number of map tasks, at least 1. Their indexes start at 0.
    pub maps: u32,
    /// Number of map and reduce tasks. The indexes of reduce tasks start at `maps`.
    pub total: u32,
    /// Random identifier of the master that planned the job.
    pub owner: String,
}

/// A listed job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRecord {
    /// The job and its plan.
    pub job: JobRef,
    /// The state of the job.
    pub state: JobState,
}

/// State of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JobState {
    /// The master appends tasks. Workers get no task yet.
    Planning,
    /// Map tasks run.
    Map,
    /// Reduce tasks run.
    Reduce,
    /// Every task is done, and the counts no longer change.
    Done,
    /// The job failed, with a reason.
    Failed,
    /// The user cancelled the job.
    Cancelled,
}

impl JobState {
    /// Returns whether the state is final.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }

    /// Returns the word that the `meta` hash uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planning => "PLANNING",
            Self::Map => "MAP",
            Self::Reduce => "REDUCE",
            Self::Done => "DONE",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

impl std::str::FromStr for JobState {
    type Err = ();
    fn from_str(word: &str) -> Result<Self, ()> {
        [
            Self::Planning,
            Self::Map,
            Self::Reduce,
            Self::Done,
            Self::Failed,
            Self::Cancelled,
        ]
        .into_iter()
        .find(|state| state.as_str() == word)
        .ok_or(())
    }
}

/// Status of a job from the point of view of a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobAvailability {
    /// The job needs workers. It runs, or it is done and its result is not published yet. Until then a rollback of the
    /// store may make tasks run again.
    Needed,
    /// The job needs workers, but no master watches it. Another job may need this worker more.
    Unwatched,
    /// The job is retired: its result is published or its failure is reported.
    Over,
    /// The store does not hold the complete plan of the job. The store may have been rolled back.
    Unknown,
}

/// Reply of [`crate::JobStore::plan`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanReply {
    /// The tasks are appended, now or before. Contains the next expected index.
    Next(u32),
    /// All tasks that can be planned now are appended. Reduce tasks can be planned once all map tasks are done.
    Complete,
    /// The job id is in use by another plan.
    Mismatch {
        /// The other plan.
        found: String,
    },
    /// `start` is above the next expected index, which the variant contains: continue from there.
    Gap(u32),
}

/// Consistent view of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobStatus {
    /// The plan.
    pub plan: PlanHash,
    /// The state.
    pub state: JobState,
    /// Number of map tasks.
    pub maps: u32,
    /// Number of map and reduce tasks.
    pub total: u32,
    /// Number of tasks planned so far.
    pub planned: u32,
    /// Number of done tasks.
    pub done: u32,
    /// Number of claimed tasks that are not acknowledged, as counted by `XPENDING`.
    pub pending: u32,
    /// Number of unclaimed tasks. An estimate.
    pub waiting: u32,
    /// Number of failed attempts.
    pub failed: u32,
    /// Number of dead tasks.
    pub dead: u32,
    /// Indexes and reasons of the first ten dead tasks.
    pub dead_letters: Vec<(TaskIndex, String)>,
    /// Counters, summed over all done tasks.
    pub counters: Counters,
    /// Number of workers that sent a sign of life within the last minute.
    pub workers: u32,
    /// Number of signs of progress, such as commits and lease renewals.
    pub beats: u64,
    /// Reason of a failed job.
    pub reason: Option<String>,
}

/// Position of a watcher in the events of a job. The default is before the first event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventCursor(pub Option<String>);

/// Reply of [`crate::JobStore::finish`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishReply {
    /// The job is done, now or before.
    Done,
    /// Some tasks are not done.
    NotYet {
        /// Number of done tasks.
        done: u32,
        /// Number of tasks in the plan.
        total: u32,
    },
    /// The store does not hold the plan: it was rolled back.
    NoPlan,
    /// The job failed or was cancelled earlier.
    Over(JobState),
}

/// State of the store's checkpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// Age of the last successful checkpoint. `None` if the store makes no checkpoints.
    pub age: Option<Duration>,
    /// Success of the last checkpoint.
    pub ok: bool,
    /// Set while a checkpoint is running.
    pub running: bool,
}

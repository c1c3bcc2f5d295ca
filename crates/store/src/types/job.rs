//! Jobs: what they are planned with and how they stand.

use std::time::Duration;

use mapreduce::{Counters, JobId, PlanHash, TaskIndex};

/// Which incarnation of the store answers: Redis' `run_id`. Another one may hold an older snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoreId(pub String);

/// A job and the plan it must be under.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobRef {
    /// The job.
    pub id: JobId,
    /// Its plan; a store that holds another plan under this id refuses.
    pub plan: PlanHash,
}

/// What a plan starts with, and what a worker needs to join the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobHeader {
    /// The job and its plan.
    pub job: JobRef,
    /// [`mapreduce::JobSpec`] as JSON.
    pub spec: String,
    /// Number of map tasks, at least 1: they have the indexes from 0.
    pub maps: u32,
    /// Number of map and reduce tasks; the latter have the indexes from `maps`.
    pub total: u32,
    /// A random text that names the master that planned it.
    pub owner: String,
}

/// A listed job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRecord {
    /// The job and its plan.
    pub job: JobRef,
    /// Its state.
    pub state: JobState,
}

/// Where a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum JobState {
    /// Tasks are being appended; nothing is delivered yet.
    Planning,
    /// Map tasks run.
    Map,
    /// Reduce tasks run.
    Reduce,
    /// Every task is done; the result is frozen.
    Done,
    /// Given up, with a reason.
    Failed,
    /// Ended by somebody's wish.
    Cancelled,
}

impl JobState {
    /// Whether nothing will ever change again.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }

    /// The word in the `meta` hash.
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

/// How a job stands for a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It runs, or it is done and its result is not published yet: until then the store may be rolled
    /// back, and tasks may have to be done again.
    Needed,
    /// As before, but no master watches over it: another job may need this worker more.
    Unattended,
    /// It was retired: its result is published, or its failure told.
    Over,
    /// The store does not know it under this plan, or is being given the plan: it was rolled back.
    Unknown,
}

/// What [`crate::JobStore::plan`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanReply {
    /// Tasks were appended, or were there already; the next index expected.
    Next(u32),
    /// All tasks are there that can be planned now: reduce tasks only once all map tasks are done.
    Complete,
    /// The job id is taken by another plan.
    Mismatch {
        /// The plan found.
        found: String,
    },
    /// `start` is beyond the next index expected: continue from there.
    Gap(u32),
}

/// One consistent picture of a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobStatus {
    /// The plan it is under.
    pub plan: PlanHash,
    /// Where it stands.
    pub state: JobState,
    /// Number of map tasks.
    pub maps: u32,
    /// Number of map and reduce tasks.
    pub total: u32,
    /// Number of tasks planned so far.
    pub planned: u32,
    /// Tasks done.
    pub done: u32,
    /// Tasks claimed and not acknowledged: what `XPENDING` counts.
    pub pending: u32,
    /// Tasks waiting to be claimed. Advisory.
    pub waiting: u32,
    /// Failed attempts.
    pub failed: u32,
    /// Tasks given up, with the reasons of at most ten.
    pub dead: u32,
    /// The first dead letters.
    pub dead_letters: Vec<(TaskIndex, String)>,
    /// Sums over all tasks done.
    pub counters: Counters,
    /// Workers heard of within the last minute.
    pub workers: u32,
    /// Grows with every sign of life of any worker.
    pub beats: u64,
    /// Why a failed job failed.
    pub reason: Option<String>,
}

/// Where a watcher has got to. The default sees everything from the start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventCursor(pub Option<String>);

/// What [`crate::JobStore::finish`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishReply {
    /// The job is done, now or before.
    Done,
    /// Tasks are missing.
    NotYet {
        /// Tasks done.
        done: u32,
        /// Tasks in the plan.
        total: u32,
    },
    /// The store does not know the job: it was rolled back.
    NoPlan,
    /// The job failed or was cancelled before.
    Over(JobState),
}

/// What is known of checkpoints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// Age of the last one that succeeded; `None` where the store keeps none.
    pub age: Option<Duration>,
    /// Whether the last attempt succeeded.
    pub ok: bool,
    /// Whether one is under way.
    pub running: bool,
}

//! Tasks: claimed, committed, given back.

use std::sync::Arc;
use std::time::Duration;

use mapreduce::{Counters, Pairs, TaskIndex, WorkerName};
use serde::{Deserialize, Serialize};

use super::JobState;

/// A task as one delivery names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TaskRef {
    /// The task.
    pub index: TaskIndex,
    /// The store's own name of this delivery: a stream entry id.
    pub entry: String,
}

/// A claimed task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The task and its delivery.
    pub task: TaskRef,
    /// The [`mapreduce::Split`] as JSON.
    pub payload: Arc<str>,
    /// How many times it has been delivered, this one included; at least 1.
    pub deliveries: u32,
    /// Whether it may be done already: it was delivered before, or added by a repair.
    pub repeated: bool,
}

/// Whether somebody else's task is to be attempted a second time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backup {
    /// It is: by whoever asked, beside its holder.
    Claimed {
        /// The claim.
        claim: Claim,
        /// Who has held it so far, and goes on.
        holder: WorkerName,
        /// For how long.
        held: Duration,
    },
    /// Not now; unless it is done, one will have been held for too long in this time.
    Due(Duration),
    /// There is none: tasks wait, or many are held, or all are one's own or attempted twice.
    None,
}

/// Whether a lease was renewed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// The lease is ours for its whole length again.
    Renewed,
    /// Somebody else has the task, or it is done: drop it.
    Lost,
}

/// A finished task.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The task and its delivery.
    pub task: TaskRef,
    /// Which attempt made it, from 1.
    pub attempt: u32,
    /// What was counted beside the output.
    pub counters: Counters,
    /// The output.
    pub output: TaskOutput,
}

/// What a task gives.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum TaskOutput {
    /// Sums to fold into the job's counts; each key once.
    Counts(Arc<Pairs>),
    /// The blob that the attempt has put into the store of blobs, whole, before it commits.
    Stored(Stored),
}

/// What the manifest of a task takes as a size: every number of 19 digits.
const MAX_SIZE: u64 = 10_000_000_000_000_000_000;

/// Where a done task's output lies: in the blob of that attempt. The sizes are below 10^19.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// Names the attempt, and so the blob; unique. Neither empty nor with quotes, backslashes or control
    /// characters.
    pub attempt: String,
    /// Bytes of the blob.
    pub bytes: u64,
    /// Records (different keys) in it.
    pub records: u64,
    /// Sum of all its counts.
    pub sum: u64,
}

impl Stored {
    /// What is wrong with it, if anything.
    pub(crate) fn flaw(&self) -> Option<String> {
        let odd = |c: char| matches!(c, '"' | '\\') || c.is_ascii_control();
        if self.attempt.is_empty() || self.attempt.chars().any(odd) {
            return Some(format!("{:?} is no name of an attempt", self.attempt));
        }
        let largest = self.bytes.max(self.records).max(self.sum);
        (largest >= MAX_SIZE).then(|| format!("the size {largest} of an output is beyond 10^19"))
    }
}

/// What a commit did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitReply {
    /// The task is done by this commit.
    Committed,
    /// The task was done before; nothing was counted.
    Duplicate,
    /// The store does not know the plan: it was rolled back, or is empty. Try again once the master
    /// has planned.
    NoPlan,
    /// The job is in a state that takes no commits. Try again while it is `Planning`, which is also the
    /// answer for a reduce task that is not planned.
    State(JobState),
    /// Another plan is under this job id.
    Mismatch,
    /// The commit cannot be accepted, now or later: malformed, beyond 2^53, or a key of the job has a
    /// wrong type. Nothing was counted.
    Refused(String),
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blame {
    /// What people will read: names the file and what to do.
    pub reason: String,
    /// After how many failed attempts the task is dead; 1 for errors that no retry mends.
    pub max_attempts: u32,
}

/// What became of a task that was given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailReply {
    /// It waits for the next attempt.
    Retry,
    /// It is dead.
    Dead,
    /// It was done, dead or somebody else's by then; nothing changed.
    Stale,
}

/// What became of a task whose output was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReopenReply {
    /// It is no longer done, and waits for the next attempt.
    Reopened,
    /// Given up: it was lost as often as an attempt may fail.
    Dead,
    /// Not done, or done by another attempt, or the job is over: nothing changed.
    Stale,
}

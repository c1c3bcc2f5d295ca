//! Tasks: claims, commits and failures.

use std::sync::Arc;
use std::time::Duration;

use mapreduce_core::{Counters, Pairs, Task, TaskIndex, WorkerName};
use serde::{Deserialize, Serialize};

use super::job::JobState;

/// A task and one delivery of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TaskRef {
    /// The task.
    pub index: TaskIndex,
    /// The store's identifier of this delivery: a stream entry id.
    pub entry: String,
}

/// A claimed task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The task and its delivery.
    pub task: TaskRef,
    /// The parsed payload. A worker fails a task with an invalid payload permanently, because no attempt can succeed.
    pub payload: Result<Arc<Task>, InvalidPayload>,
    /// Number of deliveries of the task, including this one.
    pub deliveries: u32,
    /// Set if the task may be done already, because it was delivered before or was added by a repair.
    pub repeated: bool,
}

/// Parse error of a task's payload: the plan is damaged or comes from another version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid task payload: {reason}")]
pub struct InvalidPayload {
    /// Reason given by the JSON parser.
    pub reason: String,
}

/// Parses the payload of a task, a [`Task`] as JSON.
///
/// # Errors
/// If `payload` is not the JSON of a task.
pub fn parse_payload(payload: &str) -> Result<Arc<Task>, InvalidPayload> {
    serde_json::from_str(payload)
        .map(Arc::new)
        .map_err(|error| InvalidPayload {
            reason: error.to_string(),
        })
}

/// Reply of [`crate::TaskStore::backup`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backup {
    /// A backup attempt is claimed. The other worker continues its own attempt.
    Claimed {
        /// The claim of the backup attempt.
        claim: Claim,
        /// The worker that holds the task already.
        holder: WorkerName,
        /// Time for which that worker has held the task.
        held: Duration,
    },
    /// No task is slow yet. The first one may be slow after this time.
    Due(Duration),
    /// No backup attempt is possible: tasks wait, too many tasks are held, or each task of another worker has a backup.
    None,
}

/// Result of a lease renewal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Renewal {
    /// The lease is renewed for its whole length.
    Renewed,
    /// Another worker holds the task, or the task is done. Drop it.
    Lost,
}

/// A finished attempt at a task.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The task and its delivery.
    pub task: TaskRef,
    /// Number of the attempt, from 1.
    pub attempt: u32,
    /// Counters of the attempt.
    pub counters: Counters,
    /// The output.
    pub output: TaskOutput,
}

/// Output of a task.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum TaskOutput {
    /// Counts to add to the counts of the job, each key once.
    Counts(Arc<Pairs>),
    /// A blob, which the attempt has stored completely before it commits.
    Stored(StoredOutput),
}

/// Limit of sizes in manifests, which have at most 19 digits.
const MAX_SIZE: u64 = 10_000_000_000_000_000_000;

/// Blob with the output of a done task. Its sizes are below 10^19.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredOutput {
    /// The attempt, which names the blob. It is unique, and not empty. It contains no quotes, backslashes or control
    /// characters.
    pub attempt: String,
    /// Length of the blob in bytes.
    pub bytes: u64,
    /// Number of records (distinct keys) in the blob.
    pub records: u64,
    /// Sum of all counts in the blob.
    pub sum: u64,
}

impl StoredOutput {
    /// Returns the reason why a commit must be refused, if there is one.
    pub(crate) fn refusal(&self) -> Option<String> {
        let forbidden = |c: char| matches!(c, '"' | '\\') || c.is_ascii_control();
        if self.attempt.is_empty() || self.attempt.chars().any(forbidden) {
            return Some(format!(
                "cannot store the output of attempt {:?}: its name is empty or has quotes, backslashes or control characters",
                self.attempt
            ));
        }
        let largest = self.bytes.max(self.records).max(self.sum);
        (largest >= MAX_SIZE)
            .then(|| format!("the size {largest} of an output exceeds the limit of 10^19"))
    }
}

/// Reply of [`crate::TaskStore::commit`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommitReply {
    /// This commit completed the task.
    Committed,
    /// The task was already done, so this commit was not counted.
    Duplicate,
    /// The store does not hold the plan: it was rolled back or is empty. Retry after the master has planned the job.
    NoPlan,
    /// The state of the job allows no commits. Retry while it is `Planning`, which is also the reply for a reduce task
    /// that is not planned.
    State(JobState),
    /// The store holds another plan under this job id.
    Mismatch,
    /// The commit is permanently refused and not counted: it is malformed, leads above 2^53, or meets a key of a wrong
    /// type.
    Refused(String),
}

/// Failure of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptFailure {
    /// Message for the user. It names the file and the next step.
    pub reason: String,
    /// Number of failed attempts after which the task is dead. It is 1 for permanent errors.
    pub max_attempts: u32,
}

/// Reply of [`crate::TaskStore::fail`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailReply {
    /// The task waits for its next attempt.
    Retry,
    /// The task is dead.
    Dead,
    /// Nothing changed: the task is done, dead or held by another worker.
    Stale,
}

/// Reply of [`crate::OutputStore::reopen`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReopenReply {
    /// The task is no longer done and waits for its next attempt.
    Reopened,
    /// The task is dead: its output was lost `max_attempts` times.
    Dead,
    /// Nothing changed: the task is not done, another attempt committed it, or the job is over.
    Stale,
}

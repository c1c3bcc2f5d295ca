//! Outcomes of attempts.

use std::sync::Arc;

use mapreduce_core::{Counters, Pairs, TaskIndex};
use store::{Blob, Commit, StoredOutput};

/// Outcome of an attempt.
#[derive(Debug, Clone)]
pub enum AttemptOutcome {
    /// The attempt succeeded.
    Succeeded {
        /// Output of the attempt.
        output: AttemptOutput,
        /// Counters of the attempt.
        counters: Counters,
        /// List of the records that the attempt skipped, if it skipped any.
        bad_records: Option<Box<Blob>>,
    },
    /// A reduce attempt found that these runs are missing or damaged, although their map tasks are done.
    RunsLost(Vec<LostRun>),
    /// A reduce attempt waited for runs that are not available yet.
    NotReady,
    /// The attempt failed.
    Failed {
        /// Message for the user, which names the file or the task.
        reason: String,
        /// Kind of the failure.
        kind: FailureKind,
    },
    /// The worker cancelled the attempt.
    Cancelled,
}

/// Kind of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// Another attempt may succeed.
    Transient,
    /// Every other attempt would fail in the same way.
    Permanent,
}

impl FailureKind {
    /// Returns the number of attempts that may end with this failure, of at most `limit`.
    pub(super) fn max_attempts(self, limit: u32) -> u32 {
        match self {
            Self::Transient => limit,
            Self::Permanent => 1,
        }
    }
}

/// Output of a successful attempt.
#[derive(Debug, Clone)]
pub enum AttemptOutput {
    /// Counts that the commit itself carries.
    Counts(Arc<Pairs>),
    /// A run or a partition result, which the worker stores before it commits.
    Blob(StoredOutput, Blob),
    /// Output that needs no blob: a part file that is already written, or a run without records.
    Ready(StoredOutput),
}

/// A run that is missing or damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostRun {
    /// The map task to rerun.
    pub task: TaskIndex,
    /// The attempt that wrote the run.
    pub attempt: String,
    /// Message for the user, shown when the run is lost too often.
    pub reason: String,
}

/// A successful attempt that waits for its commit.
#[derive(Debug)]
pub struct FinishedAttempt {
    /// The commit.
    pub commit: Commit,
    /// Blob with the output, stored before the commit.
    pub blob: Option<Blob>,
    /// List of the skipped records, stored before the commit.
    pub bad_records: Option<Blob>,
}

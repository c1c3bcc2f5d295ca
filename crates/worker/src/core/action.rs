//! Actions, the output of the core.

use std::sync::Arc;
use std::time::Duration;

use store::{AttemptFailure, Claim, TaskRef};

use super::attempt::{FinishedAttempt, LostRun};
use super::job::SharedJob;

/// An action for the shell to perform.
#[derive(Debug, Clone)]
pub enum WorkerAction {
    /// Wait for a job.
    NextJob,
    /// Wait for a job whose plan is missing to be planned again, or for another job, until the deadline.
    AwaitPlan,
    /// Claim tasks.
    Claim {
        /// Job of the tasks.
        job: SharedJob,
        /// Largest number of tasks.
        count: u32,
        /// Longest wait for the first task, if it is shorter than usual.
        wait: Option<Duration>,
    },
    /// Reconnect, and query which tasks this worker holds.
    Recover(SharedJob),
    /// Reclaim tasks with expired leases.
    Reclaim {
        /// Job of the tasks.
        job: SharedJob,
        /// Largest number of tasks.
        count: u32,
    },
    /// Claim a backup attempt at a task that another worker has held for too long.
    Backup(SharedJob),
    /// Query the status of the job.
    JobStatus(SharedJob),
    /// Renew leases, and announce that this worker is present.
    Renew {
        /// Job of the tasks.
        job: SharedJob,
        /// The held tasks.
        tasks: Vec<TaskRef>,
    },
    /// Attempt a task.
    Attempt {
        /// Job of the task.
        job: SharedJob,
        /// Claim of the task.
        claim: Claim,
    },
    /// Cancel an attempt.
    Cancel {
        /// Job of the task.
        job: SharedJob,
        /// The task.
        task: TaskRef,
    },
    /// Store the blobs of a finished attempt, then commit it.
    Commit {
        /// Job of the task.
        job: SharedJob,
        /// The finished attempt.
        finished: Arc<FinishedAttempt>,
        /// Number of earlier tries; a repeated try starts with a pause.
        tries: u32,
    },
    /// Reopen the map tasks of lost runs, then give the reduce task back without counting a failure.
    Reopen {
        /// Job of the tasks.
        job: SharedJob,
        /// The reduce task.
        task: TaskRef,
        /// The lost runs.
        runs: Vec<LostRun>,
    },
    /// Give a task back.
    GiveBack {
        /// Job of the task.
        job: SharedJob,
        /// The task.
        task: TaskRef,
        /// Failure of the attempt; `None` if the attempt does not count as failed.
        failure: Option<AttemptFailure>,
    },
    /// End the process successfully.
    Leave,
}

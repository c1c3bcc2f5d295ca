//! Events, the input of the core.

use std::time::Duration;

use store::{Backup, Claim, CommitReply, JobAvailability, Renewal, StoreError, TaskRef};

use super::attempt::AttemptOutcome;
use super::job::SharedJob;

/// An event: the outcome of an action, or a signal from outside.
#[derive(Debug, Clone)]
pub enum WorkerEvent {
    /// The process has started.
    Started,
    /// A job to work on, or `None` if none was found within about a second.
    Job(Option<SharedJob>),
    /// No job was found within the idle timeout, and no master is present.
    IdleTimeout(MasterAbsence),
    /// Claimed tasks, possibly none.
    Claimed(Vec<Claim>),
    /// The reply to a claim was lost, and claimed tasks with it.
    ClaimFailed(StoreError),
    /// Tasks that the store lists as held by this worker, queried after a lost reply.
    Held(Vec<Claim>),
    /// Tasks reclaimed from workers whose leases expired, possibly none.
    Reclaimed(Vec<Claim>),
    /// A backup attempt, or the time of the next one.
    Backup(Backup),
    /// Status of the job.
    JobStatus(JobAvailability),
    /// An attempt ended.
    Attempted {
        /// Job of the task.
        job: SharedJob,
        /// Claim of the task.
        claim: Claim,
        /// Outcome of the attempt.
        outcome: AttemptOutcome,
        /// Duration of the attempt.
        took: Duration,
    },
    /// The store replied to a commit.
    Committed {
        /// Job of the task.
        job: SharedJob,
        /// The committed task.
        task: TaskRef,
        /// Reply of the store.
        reply: CommitReply,
    },
    /// A task was given back.
    Returned {
        /// Job of the task.
        job: SharedJob,
        /// The task.
        task: TaskRef,
    },
    /// Leases are due for renewal.
    Beat,
    /// The store replied to a renewal.
    Renewed {
        /// Job of the tasks.
        job: SharedJob,
        /// Result for each task.
        renewals: Vec<(TaskRef, Renewal)>,
    },
    /// SIGTERM: finish the running tasks and take no more.
    Terminate,
    /// The grace period after SIGTERM is over.
    GraceOver,
}

/// Duration for which no master has been present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MasterAbsence {
    /// Less than `redis.deadline`: a master that restarts may still resume the job.
    Short,
    /// At least `redis.deadline`: a master that restarts would be back. The job is abandoned.
    Abandoned,
}

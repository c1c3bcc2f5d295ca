//! What a worker is told, and what it asks for.

use std::sync::Arc;
use std::time::Duration;

use mapreduce::{Counters, JobSpec, Pairs, TaskIndex};
use store::{
    Backup, Blame, Blob, Claim, Commit, CommitReply, JobRef, Renewal, Standing, StoreError, Stored,
    TaskRef,
};

/// The job that an action is for and an event belongs to: what is said of another job is not heard.
pub type Job = Arc<Joined>;

/// A job that a worker has joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// The job and its plan.
    pub job: JobRef,
    /// What it does to each record.
    pub spec: JobSpec,
    /// Number of map tasks: the first indexes of the plan.
    pub maps: u32,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// The process has started.
    Started,
    /// A job to work on, or none within a second or so.
    Job(Option<Job>),
    /// No job, and it seems that this worker came too late for one.
    Late {
        /// Whether no master has been there for so long that one that restarts would have come back.
        forsaken: bool,
    },
    /// What could be claimed.
    Claimed(Vec<Claim>),
    /// The answer of a claim got lost, perhaps with claims in it.
    ClaimFailed(StoreError),
    /// What this worker holds, asked for after a lost answer.
    Held(Vec<Claim>),
    /// What other workers let expire.
    Reclaimed(Vec<Claim>),
    /// Whether there is something of another worker's to attempt a second time.
    Backup(Backup),
    /// Whether the job needs this worker.
    Standing(Standing),
    /// An attempt ended after this time.
    Attempted(Job, Claim, AttemptOutcome, Duration),
    /// A commit was answered.
    Committed(Job, TaskRef, CommitReply),
    /// A task given back was answered.
    Returned(Job, TaskRef),
    /// Time to renew leases.
    Beat,
    /// Leases were renewed, or not.
    Renewed(Job, Vec<(TaskRef, Renewal)>),
    /// SIGTERM: take no more.
    Terminate,
    /// The time for finishing after SIGTERM is over.
    GraceOver,
}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub enum AttemptOutcome {
    /// It succeeded; with the list of the records it left out, if any, to be stored too.
    Output(Output, Counters, Option<Box<Blob>>),
    /// A reduce attempt found that these runs are lost, though their tasks are done.
    Lost(Vec<LostRun>),
    /// A reduce attempt has waited for runs that are not there yet.
    NotReady,
    /// It failed; another attempt may succeed unless it is `hopeless`.
    Failed {
        /// What people will read; names the file.
        reason: String,
        /// Whether no other attempt can succeed.
        hopeless: bool,
    },
    /// It was told to stop.
    Cancelled,
}

/// What an attempt gives.
#[derive(Debug, Clone)]
pub enum Output {
    /// Pairs for the commit itself.
    Counts(Arc<Pairs>),
    /// A run or a part, to be stored before the commit that makes it count.
    Blob(Stored, Blob),
    /// What is stored already: a part file, or a run without records, of which nothing is.
    Ready(Stored),
}

/// A run that is missing or damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostRun {
    /// The map task that is to be done again.
    pub task: TaskIndex,
    /// The attempt that wrote the run.
    pub attempt: String,
    /// What people will read if it happens too often.
    pub reason: String,
}

/// A finished attempt on its way to the store.
#[derive(Debug)]
pub struct Finished {
    /// The commit.
    pub commit: Commit,
    /// The blob that must be stored before.
    pub blob: Option<Blob>,
    /// A list of the records that were left out, to be stored before too.
    pub bad_records: Option<Blob>,
}

/// What to do.
#[derive(Debug, Clone)]
pub enum Action {
    /// Wait for a job.
    NextJob,
    /// Wait for the job, which is gone, to be planned again, or for another; not for ever.
    JobAgain,
    /// Claim up to that many tasks, waiting no longer than so for the first if that is said.
    Claim(Job, u32, Option<Duration>),
    /// Connect again and ask for what is held.
    Recover(Job),
    /// Claim up to that many tasks of expired leases.
    Reclaim(Job, u32),
    /// Claim a task that another worker has held for too long.
    Backup(Job),
    /// Ask whether the job needs this worker.
    Standing(Job),
    /// Renew the leases of these tasks and show a sign of life.
    Renew(Job, Vec<TaskRef>),
    /// Attempt the task of this claim.
    Attempt(Job, Claim),
    /// Stop an attempt.
    Cancel(Job, TaskRef),
    /// Store the blob, commit; after a pause if it is not the first time.
    Commit(Job, Arc<Finished>, u32),
    /// Have the tasks of these runs done again, and give this task back unharmed.
    Reopen(Job, TaskRef, Vec<LostRun>),
    /// Give a task back.
    GiveBack(Job, TaskRef, Option<Blame>),
    /// End the process; all is well.
    Leave,
}

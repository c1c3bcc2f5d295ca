//! Decisions of a worker, as a pure function from (state, event) to (state, actions).
//!
//! The core does no I/O, reads no clock and does not use Tokio. The shell performs its actions and reports the outcome
//! of each as an event. So a test can drive any number of workers through every fault on one thread.
//!
//! # The search for work
//!
//! At most one of these requests is under way at any time (`state::Search`):
//!
//! ```text
//!  Started -> NextJob -> Job -> Claim -> Claimed --+--> Attempt -> Attempted -> Commit -> Committed
//!                          ^      |  empty         +--> Renew (delivered before) -> Attempt
//!                          |      v
//!                          |   Reclaim -> Reclaimed (empty) -> Backup (none, due) -> JobStatus -> Claim | Leave
//!                          +------------------ AwaitPlan (job unknown) --+
//! ```
//!
//! # States of the worker
//!
//! | state           | variants and the events that lead to the next one                                         |
//! |-----------------|-------------------------------------------------------------------------------------------|
//! | lifecycle       | working → (`Terminate`) draining → (`GraceOver`) grace over; each → left                  |
//! | assignment      | none → (`Job`) working → (`JobStatus` over, more steps) between steps → (`Job`) working    |
//! | plan            | current → (task dropped) stale → (`JobStatus` requested) current; → (no plan) missing → (`Job`) current |
//! | search          | idle → (request) under way or expired leases first → (its reply) idle                     |
//! | expired leases  | checked → (`Beat`) unchecked → (`Reclaim` requested) checked                              |
//! | heartbeat       | idle → (`Beat`, new job) under way → (`Renewed`) idle                                     |
//! | attempt length  | long → (a brief attempt succeeds) brief → (any other attempt, `Beat` with waiting tasks) long |
//!
//! # States of a task
//!
//! | a task is  | event                                 | then                           |
//! |------------|---------------------------------------|--------------------------------|
//! | confirming | lease renewed / lost                  | waiting / dropped              |
//! | waiting    | slot free / attempts are long         | running / returning            |
//! | running    | output / failure / lease lost         | committing / returning / dropped |
//! | committing | done or duplicate / no plan / refused | dropped / committing again / returning |
//! |            | reduce tasks not planned yet          | dropped                        |
//! | returning  | reply                                 | dropped                        |

mod action;
mod attempt;
mod event;
mod job;
mod limits;
mod replies;
mod search;
mod slots;
mod state;
mod step;
mod task;
mod task_label;
#[cfg(test)]
pub(crate) mod tests;

pub use action::WorkerAction;
pub use attempt::{AttemptOutcome, AttemptOutput, FailureKind, FinishedAttempt, LostRun};
pub use event::{MasterAbsence, WorkerEvent};
pub use job::{JoinedJob, SharedJob};
pub use limits::WorkerLimits;
pub use state::Core;

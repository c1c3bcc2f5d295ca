//! What a worker does next: a pure function from (state, event) to (state, actions).
//!
//! No I/O, no clock, no Tokio: the shell (`shell.rs`) performs the actions and reports what came of each
//! as an event. So one thread can drive any number of workers through every fault.
//!
//! ```text
//!  Started -> NextJob -> Job -> Claim -> Claimed --+--> Attempt -> Attempted -> Commit -> Committed
//!                          ^      |  none          +--> Confirm (delivered before) -> Attempt
//!                          |      v
//!                          |   Reclaim -> Reclaimed (none) -> Backup (none, due) -> Standing -> Claim | Leave
//!                          +------------------------ job unknown --+
//! ```
//!
//! | a task is  | event                               | then                        |
//! |------------|-------------------------------------|-----------------------------|
//! | confirming | lease renewed / lost                | waiting / dropped           |
//! | waiting    | slot free / attempts not brief      | running / failing           |
//! | running    | output / failed / lease lost        | committing / failing / dropped |
//! | committing | done or duplicate / no plan / refused | dropped / again / failing |
//! |            | before the reduce tasks are planned | dropped                     |
//! | failing    | answered                            | dropped                     |

mod answers;
#[cfg(test)]
mod disorder;
mod event;
mod place;
mod slots;
mod state;
#[cfg(test)]
mod tests;

pub use event::{Action, AttemptOutcome, Event, Finished, Job, Joined, LostRun, Output};
pub use state::{Core, Limits};

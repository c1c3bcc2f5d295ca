//! What a worker does next: a pure function from (state, event) to (state, actions).
//!
//! No I/O, no clock, no Tokio: the shell (`shell.rs`) performs the actions and reports what came of each
//! as an event. So one thread can drive any number of workers through every fault.
//!
//! ```text
//!  Started -> NextJob -> Job -> Claim -> Claimed --+--> Map -> Mapped -> Commit -> Committed
//!                          ^      |  none          +--> Confirm (delivered before) -> Confirmed -> Map
//!                          |      v
//!                          |   Reclaim -> Reclaimed (none) -> Standing -> Claim | Leave
//!                          +------------------------ job unknown --+
//! ```
//!
//! | a task is  | event                               | then                        |
//! |------------|-------------------------------------|-----------------------------|
//! | confirming | lease renewed / lost                | mapping / dropped           |
//! | mapping    | mapped / failed / lease lost        | committing / failing / dropped |
//! | committing | done or duplicate / no plan / refused | dropped / again / failing |
//! | failing    | answered                            | dropped                     |

#[cfg(test)]
mod disorder;
mod event;
mod state;
#[cfg(test)]
mod tests;

pub use event::{Action, Event, Job, Joined, MapOutcome};
pub use state::{Core, Limits};

//! The decisions of the master: a reconciler, as a pure function from (state, event) to (state, actions).
//!
//! At each turn the reconciler compares what the plan wants (every task done) with what the store holds, and repairs
//! the difference. It does no I/O, reads no clock and does not use Tokio. The shell in `effects` performs the
//! actions, reports each outcome as an event, and says how much time has passed. A restarted master starts at the
//! beginning, and finds its job in the store.
//!
//! ```text
//!  Started -> Connect -> Jobs -> Plan … Plan -> Audit -> Watch <-> Status --all done--> (Assemble) -> Finish
//!                |                 ^              |                   |                    |
//!                | any error       | plan lost    +- Repair           +- dead: Abandon     v
//!                +-- Connect ------+                                           Status -> Publish -> Retire -> End
//! ```
//! With reduce tasks, `Status` leads to `Plan` once more when all map tasks are done, and `Assemble` makes the result
//! of their partition results. Lost partition results are reopened. If nothing completes for a while, `Examine` asks
//! the store for the reason.
//!
//! Only one action is pending at a time, so an answer always belongs to the last question. Every fault takes the same
//! recovery path: connect, plan (the store skips tasks it has), audit, repair.
//!
//! # Layout
//! - `event`, `action`: the input and the output of a step.
//! - `reconciler`: the function that maps an event to actions.
//! - `watchdog`: detects that a job makes no progress. `stall_diagnosis`: the possible reasons.

mod action;
mod event;
mod reconciler;
mod stall_diagnosis;
#[cfg(test)]
mod tests;
mod watchdog;

pub use action::{Action, Notice, Outcome};
pub use event::{Event, LostPartition};
pub use reconciler::{Goal, Reconciler};
pub(crate) use stall_diagnosis::in_one_line;
pub use stall_diagnosis::{HeldLease, StallDiagnosis};

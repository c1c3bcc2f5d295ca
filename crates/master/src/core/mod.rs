//! What the master does next: a reconciler, as a pure function from (state, event) to (state, actions).
//!
//! Each turn it compares what the plan wants (every index done) with what the store holds, and repairs
//! the difference. No I/O, no clock, no Tokio: the shell performs the actions, reports what came of them,
//! and says how much time has passed. A master that was killed starts with the first line again.
//!
//! ```text
//!  Started -> Connect -> Jobs -> Plan … Plan -> Audit -> Watch <-> Status --all done--> (Assemble) -> Finish
//!                |                 ^              |                   |                    |
//!                | any error       | plan lost    +- Repair           +- dead: Abandon     v
//!                +-- Connect ------+                                           Status -> Publish -> Retire -> End
//! ```
//! With reduce tasks, `Status` leads to `Plan` once more when all map tasks are done, and `Assemble`
//! makes the result out of their parts; where nothing gets done for a while `Examine` asks the store why; lost parts are reopened. One thing is under way at a time, so an answer always belongs to the last question. There is one
//! recovery path for every fault: connect, plan (what is there is not planned again), audit, repair.

mod cause;
mod event;
#[cfg(test)]
mod stalls;
mod state;
#[cfg(test)]
mod tests;
mod watchdog;

pub use cause::{Cause, Holding};
pub use event::{Action, Event, LostPart, Notice, Outcome};
pub use state::{Core, Goal};

//! Deliberate crashes: the process ends at a named point, as if it were killed there.
//!
//! Crashes are off unless `crash.at` is set. A plan that is off costs one comparison at each point.

mod decision;
mod plan;

pub use decision::CrashDecision;
pub use plan::CrashPlan;

//! The master: plans a job, watches over it, repairs it, publishes its result.
//!
//! # Layout
//! - [`core`]: what to do next, pure.
//! - [`shell`]: the loop that performs it.
//! - [`planner`]: from input files to the plan.
//! - [`publish`]: the output file. `assemble`: what goes into it.
//! - `blobs`: what the job's tasks stored, kept alive and removed.
//! - `attendance`, `checkpoint`: signs for the workers, snapshots of the store; both beside the job.
//! - [`progress`], [`summary`]: lines for people.
//! - [`error`]: why a master ends without a result.

mod assemble;
mod attendance;
mod blobs;
mod checkpoint;
pub mod core;
pub mod error;
pub mod planner;
pub mod progress;
pub mod publish;
pub mod shell;
pub mod summary;

pub use error::MasterError;
pub use progress::Progress;
pub use shell::{Options, run};
pub use summary::Summary;

//! The master: plans a job, watches over it, repairs it, publishes its result.
//!
//! # Layout
//! - [`options`]: what a master is to know.
//! - [`core`]: what to do next, pure.
//! - [`shell`]: the loop that performs it.
//! - [`planner`]: from input files to the plan.
//! - `output`: where the result goes. [`publish`]: a file; `assemble`: what goes into it. `parts`: a folder of
//!   part files. `lock`: one master at a time.
//! - `blobs`: what the job's tasks stored, kept alive and removed.
//! - `files`: files that come with the job. `bad_records`: the file of records that were left out.
//! - `room`: whether the store of blobs can hold what the job will put there.
//! - `attendance`, `checkpoint`: signs for the workers, snapshots of the store; both beside the job.
//! - [`program`]: the program, for any jobs.
//! - [`steps`]: jobs of several steps.
//! - [`progress`], [`summary`]: lines for people.
//! - [`error`]: why a master ends without a result.

mod assemble;
mod attendance;
mod bad_records;
mod blobs;
mod checkpoint;
pub mod core;
mod durable;
pub mod error;
mod files;
mod lock;
pub mod options;
mod output;
mod parts;
pub mod planner;
pub mod program;
pub mod progress;
pub mod publish;
mod room;
pub mod shell;
pub mod steps;
pub mod summary;

pub use error::MasterError;
pub use options::Options;
pub use progress::Progress;
pub use shell::run;
pub use steps::Steps;
pub use summary::Summary;

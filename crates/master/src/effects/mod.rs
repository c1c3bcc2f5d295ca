//! The effects: the loop that performs the actions of the reconciler, and the actions themselves.
//!
//! # Layout
//! - `run`: a job from its input files to the published result.
//! - `shell`: the loop. `actions`: each action. `result`: the actions on the output. `notice`: news for the user.
//! - `presence`: signs for the workers that a master is present.
//! - `capacity`: whether the store of blobs can hold what the job stores.
//! - `job_blobs`: the blobs of the job, which are kept alive and finally removed.
//! - `checkpoint`: snapshots of the store.

mod actions;
mod capacity;
mod checkpoint;
mod job_blobs;
mod notice;
mod presence;
mod result;
mod run;
mod shell;

pub use run::run;

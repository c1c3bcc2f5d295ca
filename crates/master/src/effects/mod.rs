//! The effects: the loop that performs the actions of the reconciler, and the actions themselves.
//!
//! # Layout
//! - `run`: a job from its input files to the published result.
//! - `shell`: the loop. `actions`: each action. `result`: the actions on the output. `notice`: news for the user.
//! - `presence`: announces to the workers that a master is present.
//! - `capacity`: checks that the blob store has enough capacity for the job.
//! - `job_blobs`: extends the lifetime of the blobs of the job and finally removes them.
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

//! A worker: claims tasks, maps them, commits; stateless, so it may die at any moment.
//!
//! # Layout
//! - [`core`]: what to do next, pure.
//! - [`shell`]: the loop that performs it.
//! - `hands`: each action.
//! - `late`: when a worker without a job ends.
//! - `options`: what it is to know.
//! - [`program`]: the program, for any jobs.

pub mod core;
mod hands;
mod late;
mod options;
pub mod program;
pub mod shell;

pub use core::Limits;
pub use options::{Options, Place, WorkerError};
pub use shell::run;

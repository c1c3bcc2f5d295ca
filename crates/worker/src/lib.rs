//! A worker of the cluster: it claims tasks, attempts them, and commits their output.
//!
//! A worker keeps no state that a job depends on, so it may die at any moment. When its leases expire, other workers
//! reclaim its tasks.
//!
//! # Layout
//! - [`core`]: pure functions that decide what to do next.
//! - `executor`: performs the actions of the core.
//! - `shell`: the event loop between `core` and `executor`.
//! - `idle_timeout`: the time that a worker without a job waits for a master.
//! - `options`: options of a worker.
//! - `error`: errors that end a worker early.
//! - [`program`]: the program `worker`, for any registry of jobs.

pub mod core;
mod error;
mod executor;
mod idle_timeout;
mod options;
pub mod program;
mod shell;

pub use core::WorkerLimits;
pub use error::WorkerError;
pub use options::{StepPaths, WorkerOptions};
pub use shell::run;

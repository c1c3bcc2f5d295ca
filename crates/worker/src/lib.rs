//! A worker: claims tasks, maps them, commits; stateless, so it may die at any moment.
//!
//! # Layout
//! - [`core`]: what to do next, pure.
//! - [`shell`]: the loop that performs it.
//! - `hands`: each action.

pub mod core;
mod hands;
pub mod shell;

pub use core::Limits;
pub use hands::{Options, WorkerError};
pub use shell::run;

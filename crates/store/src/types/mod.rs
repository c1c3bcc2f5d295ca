//! What is asked of a store and what it answers.

mod job;
mod task;

pub use job::*;
pub use task::*;

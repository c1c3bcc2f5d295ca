//! What is asked of a store and what it answers.

mod health;
mod job;
mod task;

pub use health::*;
pub use job::*;
pub use task::*;

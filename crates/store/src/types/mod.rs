//! Arguments and replies of the store traits.

mod blob;
mod health;
mod job;
mod task;

pub use blob::*;
pub use health::*;
pub use job::*;
pub use task::*;

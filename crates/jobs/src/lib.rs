//! The jobs that come along, each a file.
//!
//! Beside them: `key` and `number`, cells as keys and numbers; `placed`, keys of the result with an order of their
//! own; `lines`, results that are lines; `raw`, jobs whose tasks are written by hand.

mod distinct;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "grep")]
mod grep;
mod group_by;
mod histogram;
mod inverted_index;
mod join;
mod key;
mod line_count;
mod lines;
mod number;
mod placed;
mod raw;
mod registry;
mod sort;
#[cfg(test)]
mod tests;
mod top;
mod word_count;

pub use registry::registry;

//! The built-in jobs.
//!
//! Shared parts: `key` and `number` read cells as keys and numbers. `result_cells` has keys and values of the result
//! with their own text. `line_reducer` is for results that are lines. `function_job` is for jobs whose mapper and
//! reducer process blocks, not single records.

mod distinct;
mod function_job;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "grep")]
mod grep;
mod group_by;
mod histogram;
mod input_name;
mod inverted_index;
mod join;
mod key;
mod line_count;
#[cfg(feature = "grep")]
mod line_reducer;
mod number;
mod registry;
mod result_cells;
mod sort;
#[cfg(test)]
mod tests;
mod top;
mod word_count;

pub use registry::registry;

//! The built-in jobs.
//!
//! Shared parts: `key` and `number` read cells as keys and numbers. `column_name` reads the name of a single column. `row_cells` has rows of tables. `row_reducer` is for results that copy records. `function_job` is for jobs whose mapper and
//! reducer process blocks, not single records.

mod bound_columns;
mod column_name;
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
mod number;
mod registry;
mod row_cells;
#[cfg(feature = "grep")]
mod row_reducer;
mod sort;
mod table_fields;
#[cfg(test)]
mod tests;
mod top;
mod word_count;

pub use registry::registry;

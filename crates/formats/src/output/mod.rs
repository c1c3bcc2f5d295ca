//! The result as a file: keys and counts, most frequent first, ties by the key's bytes; or rows of any values.
//!
//! # Layout
//! - `count_layout`: how a count is written. [`layout`]: how any row is.
//! - [`writer`]: a file of rows that come in order.
//! - [`lists`]: rows that come in no order, from a job that aggregates `live`.
//! - [`mod@assemble`]: the parts of a job that aggregates by `shuffle`, each in order.
//! - [`part`]: names of part files, if reduce tasks write the result.

pub mod assemble;
mod count_layout;
pub mod layout;
pub mod lists;
pub mod part;
pub mod writer;

pub use assemble::{assemble, assemble_in_memory, assemble_rows};
pub use layout::RowLayout;
pub use lists::write_lists;
pub use writer::{RowWriter, Written};

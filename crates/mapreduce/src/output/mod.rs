//! The result: keys and counts as a file, most frequent first, ties by the key's bytes.
//!
//! # Layout
//! - [`mod@format`]: how a row is written.
//! - [`writer`]: a file of rows that come in order.
//! - [`lists`]: rows that come in no order, from a job that aggregates `live`.
//! - [`mod@assemble`]: the parts of a job that aggregates by `shuffle`, each in order.
//! - [`part`]: names of part files, if reduce tasks write the result.

pub mod assemble;
pub mod format;
pub mod lists;
pub mod part;
pub mod writer;

pub use assemble::{assemble, assemble_in_memory};
pub use format::OutputFormat;
pub use lists::write_lists;
pub use writer::{RowWriter, Written};

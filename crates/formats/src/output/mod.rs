//! Writers of result files.
//!
//! Counts are sorted by falling count and then by the bytes of the key. Other rows may have any kind of value.
//!
//! # Layout
//! - [`layout`]: layout of the rows in each format. `cell_text`: text of cells.
//! - [`writer`]: writer for sorted rows. [`compressed_writer`]: compression of a result file.
//! - `parquet_writer`, `parquet_column`: Parquet files.
//! - [`lists`]: writer for unsorted counts, from a job that aggregates `live`.
//! - [`mod@assemble`]: merge of sorted partition results, from a job that aggregates by `shuffle`.
//! - [`part_file_names`]: names of part files, for jobs whose reduce tasks write the output.

pub mod assemble;
mod cell_text;
pub mod compressed_writer;
pub mod layout;
#[cfg(test)]
mod layout_tests;
pub mod lists;
#[cfg(feature = "parquet")]
mod parquet_column;
#[cfg(not(feature = "parquet"))]
#[path = "parquet_disabled.rs"]
mod parquet_writer;
#[cfg(feature = "parquet")]
mod parquet_writer;
pub mod part_file_names;
pub mod writer;

pub use assemble::{assemble, assemble_in_memory, assemble_rows};
pub use compressed_writer::{CompressedWriter, can_compress};
pub use layout::RowLayout;
pub use lists::write_lists;
pub use writer::{ResultTotals, RowWriter, can_write_parquet};

//! File formats: which files a job reads, how their bytes become records and words, and how results are written.
//!
//! # Layout
//! - [`input`]: discovery of input files, compression, and the check that files did not change.
//! - [`parquet`]: the description of Parquet files.
//! - [`split`]: where files are cut into splits.
//! - [`reader`]: records of each format.
//! - [`tokenizer`]: words of a record.
//! - [`output`]: result files.

pub mod input;
pub mod output;
pub mod parquet;
mod read_error;
pub mod reader;
pub mod split;
pub mod tokenizer;

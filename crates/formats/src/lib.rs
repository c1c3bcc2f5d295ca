//! File formats: input discovery, decompression, record readers, tokenizers and result writers.
//!
//! # Layout
//! - [`byte_order_mark`]: the mark at the start of some files.
//! - [`csv`]: grammar of CSV and other tables.
//! - [`input`]: discovery of input files, decompression, and detection of changed files.
//! - [`parquet`]: columns and row groups of Parquet files.
//! - [`split`]: record boundaries that divide files into splits.
//! - [`reader`]: record readers of each format.
//! - [`tokenizer`]: division of records into words.
//! - [`output`]: writers of result files.

pub mod byte_order_mark;
pub mod csv;
mod decompression_error;
pub mod input;
pub mod output;
pub mod parquet;
mod read_error;
pub mod reader;
pub mod split;
pub mod tokenizer;

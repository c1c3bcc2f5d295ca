//! Input files of a job: discovery, decompression and detection of changes.
//!
//! # Layout
//! - `discover`, `found_file`, `error`: input files and their errors.
//! - `parquet_file`: structure of Parquet input files.
//! - `compression`, `content`: compression of a file, and its decompressed content.
//! - `resolve`, `fingerprint`: path of a planned file on this machine, and detection of changes.

mod compression;
mod content;
mod discover;
mod error;
mod fingerprint;
mod found_file;
mod parquet_file;
mod resolve;

pub use crate::decompression_error::DecompressionError;
pub use content::Content;
pub use discover::{discover, input_including};
pub use error::InputError;
pub use found_file::FoundFile;
pub use parquet_file::parquet_file;

pub use content::records;
pub use fingerprint::difference;
pub use resolve::resolve;

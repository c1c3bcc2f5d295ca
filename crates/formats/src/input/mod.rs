//! Input files of a job: discovery, decompression and detection of changes.
//!
//! # Layout
//! - `discover`, `found_file`, `error`: input files and their errors.
//! - `parquet_file`: structure of Parquet input files.
//! - `compression`, `content`, `decompression_error`: compression of a file, its decompressed content and its errors.
//! - `resolve`, `fingerprint`: path of a planned file on this machine, and detection of changes.

mod compression;
mod content;
mod decompression_error;
mod discover;
mod error;
mod fingerprint;
mod found_file;
mod parquet_file;
mod resolve;

pub use content::Content;
pub use decompression_error::DecompressionError;
pub use discover::{discover, input_including};
pub use error::InputError;
pub use found_file::FoundFile;
pub use parquet_file::parquet_file;

pub use content::records;
pub use fingerprint::difference;
pub use resolve::resolve;

//! Input files of a job: discovery, decompression, decoding and detection of changes.
//!
//! # Layout
//! - `discover`, `found_file`, `error`: input files and their errors.
//! - `listing`, `pattern`: the files of a folder, and those that match a pattern.
//! - `overlap`: overlap of the input and the output of a job.
//! - `parquet_file`: structure of Parquet input files.
//! - `file_name`, `signature`: kind of a file by its name, and by its first bytes.
//! - `content_kind`: checks of the first bytes. `encoding`, `utf16`: choice of the encoding.
//! - `content`: content of a file after decompression and decoding. `decoder`: decoding of text.
//! - `resolve`, `fingerprint`: path of a planned file on this machine, and detection of changes.

mod content;
mod content_kind;
mod decoder;
mod discover;
mod encoding;
mod error;
mod file_name;
mod fingerprint;
mod found_file;
mod listing;
mod overlap;
mod parquet_file;
mod pattern;
mod resolve;
mod signature;
mod utf16;

pub use crate::decompression_error::DecompressionError;
pub use content::Content;
pub use content_kind::check_content;
pub use discover::discover;
pub use encoding::with_encoding;
pub use error::InputError;
pub use found_file::{Discovery, FoundFile};
pub use overlap::{containing_folder, input_including};
pub use parquet_file::parquet_file;

pub use content::records;
pub use fingerprint::difference;
pub use resolve::resolve;

//! Which files a job reads, what is in them, and whether they still are what the planner saw.
//!
//! # Layout
//! - `discover`: the files of the inputs; `error`: what is wrong with them.
//! - `format`: how a file's bytes become records. `parquet`: what the end of a Parquet file tells.
//! - `compression`, `content`, `damage`: compressed files, the bytes they stand for, what is wrong with them.
//! - `resolve`, `fingerprint`: the file that a plan means, and whether it changed.

use std::path::PathBuf;

mod compression;
mod content;
mod damage;
mod discover;
mod error;
mod fingerprint;
mod format;
mod parquet;
mod resolve;

pub use compression::Compression;
pub use content::Content;
pub use damage::Damage;
pub use discover::{discover, reads};
pub use error::InputError;
pub use format::{Column, FileFormat, Format};
pub use parquet::{ParquetColumn, ParquetFile, ParquetGroup, parquet_file};

pub(crate) use content::records;
pub(crate) use fingerprint::difference;
#[cfg(not(feature = "parquet"))]
pub(crate) use parquet::NO_PARQUET;
#[cfg(feature = "parquet")]
pub(crate) use parquet::footer;
pub(crate) use resolve::resolve;

/// A file of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// Where it is.
    pub path: PathBuf,
    /// Which of the inputs it lies under.
    pub root: u16,
    /// Its path below that input; empty if the input is the file itself.
    pub relative: String,
    /// Length in bytes.
    pub len: u64,
    /// Time of the last modification, in nanoseconds since 1970.
    pub modified: u64,
    /// How its records are laid out: as it was asked for, or as its name says; never [`Format::Auto`].
    pub format: Format,
    /// How it is compressed.
    pub compression: Option<Compression>,
}

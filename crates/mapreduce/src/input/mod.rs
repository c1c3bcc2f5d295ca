//! Which files a job reads, what is in them, and whether they still are what the planner saw.
//!
//! # Layout
//! - `discover`: the files of the inputs; `error`: what is wrong with them.
//! - `compression`, `content`, `damage`: compressed files, the bytes they stand for, what is wrong with them.
//! - `resolve`, `fingerprint`: the file that a plan means, and whether it changed.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

mod compression;
mod content;
mod damage;
mod discover;
mod error;
mod fingerprint;
mod resolve;

pub use compression::Compression;
pub use content::Content;
pub use damage::Damage;
pub use discover::{discover, reads};
pub use error::InputError;

pub(crate) use content::records;
pub(crate) use fingerprint::difference;
pub(crate) use resolve::resolve;

/// How the records of the input are laid out, as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// By the file's name without `.gz`, `.zst` or `.bz2`: `.csv` is CSV, anything else is text.
    #[default]
    Auto,
    /// Lines of text.
    Text,
    /// CSV with a header.
    Csv,
}

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
    /// Whether it is to be read as CSV.
    pub csv: bool,
    /// How it is compressed.
    pub compression: Option<Compression>,
}

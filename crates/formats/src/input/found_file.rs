//! A file of the input, as discovery finds it.

use std::path::PathBuf;

use mapreduce_core::{Compression, Format};

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

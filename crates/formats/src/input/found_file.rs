//! Input files that discovery found.

use std::path::PathBuf;

use mapreduce_core::{Compression, InputFormat};

/// Input file that discovery found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// Path of the file.
    pub path: PathBuf,
    /// Index of its input in `job.input`.
    pub input_index: u16,
    /// Path relative to that input; empty if the input is the file itself.
    pub relative: String,
    /// Length in bytes.
    pub len: u64,
    /// Modification time in nanoseconds since 1970.
    pub modified: u64,
    /// Format of the records, by the setting or by the name of the file; never [`InputFormat::Auto`].
    pub format: InputFormat,
    /// Compression, by the first bytes of the file; by its name if the file is too short.
    pub compression: Option<Compression>,
}

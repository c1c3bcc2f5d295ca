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

/// Input files of a job, and the sub-folders that are not read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    /// Files in the order of the inputs, and then by path.
    pub files: Vec<FoundFile>,
    /// Sub-folders that are skipped, and links to folders.
    pub skipped: Vec<PathBuf>,
}

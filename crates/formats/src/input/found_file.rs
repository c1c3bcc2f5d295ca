//! Input files that discovery found.

use std::path::PathBuf;

use mapreduce_core::{Compression, InputFormat, TextEncoding};

use crate::byte_order_mark::ByteOrderMark;

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
    /// Byte-order mark at the start of the content.
    pub mark: Option<ByteOrderMark>,
    /// Encoding that a content without a mark seems to have, if it is not UTF-8.
    pub resembles: Option<TextEncoding>,
    /// Encoding of the content. `None` is UTF-8.
    pub encoding: Option<TextEncoding>,
}

impl FoundFile {
    /// Returns true if the content differs from the bytes of the file: it is decompressed or decoded.
    pub fn needs_decoding(&self) -> bool {
        self.compression.is_some() || self.encoding.is_some()
    }
}

/// Input files of a job, and the skipped subfolders.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    /// Files in the order of the inputs, and then by path.
    pub files: Vec<FoundFile>,
    /// Sub-folders that are skipped, and links to folders.
    pub skipped: Vec<PathBuf>,
}

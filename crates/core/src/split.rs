//! Input files and splits.

use serde::{Deserialize, Serialize};

use crate::compression::Compression;
use crate::encoding::TextEncoding;
use crate::file_format::FileFormat;

/// Maximum line number of a split. It exceeds the number of lines of any file, and sums with it cannot overflow.
const MAX_LINES: u64 = 1 << 62;

/// An input file as the planner saw it. A worker fails the job if the file has changed since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    /// Index of the input that contains the file, from 0.
    #[serde(rename = "root")]
    pub input_index: u16,
    /// Path relative to the input, with `/` between folders. It is empty if the input is the file itself.
    pub path: String,
    /// Length in bytes.
    pub len: u64,
    /// Modification time, in nanoseconds since 1970.
    pub modified: u64,
    /// Format of the records.
    pub format: FileFormat,
    /// Compression of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression: Option<Compression>,
    /// Encoding of the text in the file, after decompression. `None` is UTF-8.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<TextEncoding>,
}

impl InputFile {
    /// Returns true if the content differs from the bytes of the file: it is decompressed or decoded. Such a file is
    /// one split, because it can only be read from its start.
    pub fn needs_decoding(&self) -> bool {
        self.compression.is_some() || self.encoding.is_some()
    }
}

/// Input of a map task: the records that start in `start..end` of a file.
///
/// The planner places both ends at record boundaries. A compressed file, or one in another encoding, is one split, and its
/// offsets refer to the bytes of the file. A split of a Parquet file contains the row groups that start in it; the splits together cover
/// the whole file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// The file.
    pub file: InputFile,
    /// Offset of the first record in bytes, before [`Split::skip`].
    pub start: u64,
    /// Offset of the end of the last record, in bytes.
    pub end: u64,
    /// Bytes of the decompressed and decoded content between `start` and the first record: the header of a compressed
    /// CSV file.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skip: u64,
    /// Line number of the first record, from 1, if the planner counted lines.
    pub line: Option<u64>,
}

impl Split {
    /// Returns `true` if the range lies within the file. Workers check this, because a corrupt plan could otherwise
    /// make their arithmetic overflow.
    pub fn lies_in_its_file(&self) -> bool {
        // Not limited by the file's length: a decompressed file may have more lines than compressed bytes.
        let lines = self.line.is_none_or(|line| line <= MAX_LINES);
        self.start <= self.end && self.end <= self.file.len && lines
    }
}

/// Returns `true` for 0, which the JSON of a plan omits.
pub(crate) fn is_zero(n: &u64) -> bool {
    *n == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_outside_of_its_file_is_invalid() {
        let file = InputFile {
            input_index: 0,
            path: "a".into(),
            len: 90,
            modified: 0,
            format: FileFormat::Text,
            compression: None,
            encoding: None,
        };
        let split = |start, end, line| Split {
            file: file.clone(),
            start,
            end,
            skip: 0,
            line: Some(line),
        };
        assert!(split(0, 90, 1).lies_in_its_file());
        assert!(split(90, 90, 91).lies_in_its_file());
        assert!(!split(u64::MAX, 90, 1).lies_in_its_file());
        assert!(!split(50, 40, 1).lies_in_its_file());
        assert!(!split(0, u64::MAX, 1).lies_in_its_file());
        assert!(!split(0, 90, u64::MAX).lies_in_its_file());
    }
}

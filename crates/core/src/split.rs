//! Input files and splits, as the planner saw them.

use serde::{Deserialize, Serialize};

use crate::compression::Compression;
use crate::file_format::FileFormat;

/// Lines of a file before a split, beyond which no counting gets.
const MOST_LINES: u64 = 1 << 62;

/// An input file as the planner saw it; a worker that finds it otherwise fails the job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    /// Which of the job's inputs the file lies under.
    pub root: u16,
    /// Path below that input with `/` between folders; empty if the input is the file itself.
    pub path: String,
    /// Length in bytes.
    pub len: u64,
    /// Time of the last modification, in nanoseconds since 1970.
    pub modified: u64,
    /// How its records are laid out.
    pub format: FileFormat,
    /// How it is compressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compression: Option<Compression>,
}

/// A map task's input: the records that start in `start..end` of a file.
///
/// Both ends are record boundaries, found by the planner. A compressed file is one split, from its first
/// byte to its last; offsets are those of the file as it lies there. Of a Parquet file a split has the row groups
/// that start in it, and together the splits have all bytes of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// The file.
    pub file: InputFile,
    /// Offset of the first record (but see `skip`), in bytes.
    pub start: u64,
    /// Offset behind the last record, in bytes.
    pub end: u64,
    /// Bytes from `start` to the first record after decompression: the header of a compressed CSV file.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub skip: u64,
    /// Line number of the first record in the file, from 1, where the planner counted lines.
    pub line: Option<u64>,
}

impl Split {
    /// Whether it can be one of its file: so that whoever writes plans cannot make numbers of a worker overflow.
    pub fn lies_in_its_file(&self) -> bool {
        // Not its bytes: what is decompressed may have more lines than those.
        let lines = self.line.is_none_or(|line| line <= MOST_LINES);
        self.start <= self.end && self.end <= self.file.len && lines
    }
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_that_cannot_be_one_of_its_file_is_known() {
        let file = InputFile {
            root: 0,
            path: "a".into(),
            len: 90,
            modified: 0,
            format: FileFormat::Text,
            compression: None,
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

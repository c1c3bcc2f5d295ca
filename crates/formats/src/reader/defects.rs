//! Incomplete and invalid records.

use std::fmt;

/// Reason why a record is incomplete or invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordDefect {
    /// A row has fewer cells than the header.
    MissingCells,
    /// A line is not valid JSON.
    InvalidJson,
    /// The value of a line lacks the only selected JSON pointer.
    MissingValue,
    /// The only selected column of a Parquet file is null in a row.
    NullValue,
}

impl fmt::Display for RecordDefect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MissingCells => "fewer cells than the header",
            Self::InvalidJson => "not valid JSON",
            Self::MissingValue => "no value at input.pointer",
            Self::NullValue => "null in the selected column",
        })
    }
}

/// First defective record of a split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstDefect {
    /// Offset of the record in the split, in bytes; in Parquet, the number of its row in the file, from 0.
    pub at: u64,
    /// Defect of the record.
    pub defect: RecordDefect,
}

/// Count of the defective records of a split, and the first of them for messages.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct DefectiveRecords {
    pub(super) records: u64,
    pub(super) first: Option<FirstDefect>,
}

impl DefectiveRecords {
    /// Counts the record at offset `at`.
    pub(super) fn add(&mut self, at: u64, defect: RecordDefect) {
        self.records += 1;
        self.first.get_or_insert(FirstDefect { at, defect });
    }
}

//! Errors of map attempts.

use std::io;
use std::path::{Path, PathBuf};

use mapreduce_core::{JobError, Split};
use mapreduce_formats::input::DecompressionError;
use mapreduce_formats::reader::{ReadError, RecordDefect, RecordExcerpt};
use mapreduce_shuffle::ShuffleError;

use super::location::{RecordLocation, describe_location};

/// Failure of a map attempt. Every message names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MapError {
    /// The plan names a file outside of the job's input.
    #[error(
        "{file}: not in job.input of this worker; set the same job.input for the master and all workers"
    )]
    OutsideInput {
        /// Path of the file, from the plan.
        file: String,
    },
    /// The plan has a split that exceeds its file.
    #[error(
        "{file}: corrupt plan: split {start}..{end} exceeds the file's {len} bytes; run the job again with another job.id"
    )]
    CorruptSplit {
        /// Path of the file, from the plan.
        file: String,
        /// Start of the split in bytes, from the plan.
        start: u64,
        /// End of the split in bytes, from the plan.
        end: u64,
        /// Length of the file in bytes, from the plan.
        len: u64,
    },
    /// The file cannot be read, or has vanished.
    #[error("{path}: cannot be read: {source}; keep it readable during the whole job, on every machine with a worker", path = .path.display())]
    Io {
        /// Path of the file.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// The file differs from the planned one.
    #[error("{path}: changed during the job: {how}; run the job again, and do not change its input meanwhile", path = .path.display())]
    Changed {
        /// Path of the file.
        path: PathBuf,
        /// Description of the difference.
        how: String,
    },
    /// The compressed file cannot be decompressed.
    #[error("{path}: {error}", path = .path.display())]
    Damaged {
        /// Path of the file.
        path: PathBuf,
        /// Error of the decompression.
        error: DecompressionError,
    },
    /// A record is longer than `input.max_record`.
    #[error("{path}: {location}: the record is longer than {limit} bytes; raise input.max_record", path = .path.display())]
    TooLong {
        /// Path of the file.
        path: PathBuf,
        /// First line of the record, or its row, from 1: `line 4`.
        location: String,
        /// Maximum length, in bytes.
        limit: u64,
    },
    /// A quoted cell is not closed before the end of the file.
    #[error("{path}: {location}: a quoted cell of this record never ends; close it with a double quote", path = .path.display())]
    UnclosedQuote {
        /// Path of the file.
        path: PathBuf,
        /// First line of the record, from 1: `line 4`.
        location: String,
    },
    /// The Parquet file cannot be read.
    #[error("{path}: {what}", path = .path.display())]
    Parquet {
        /// Path of the file.
        path: PathBuf,
        /// Reason.
        what: String,
    },
    /// A record is defective, and `input.strict` is set.
    #[error("{path}: {location}: {defect}; correct the record, or set input.strict=false to accept such records", path = .path.display())]
    DefectiveRecord {
        /// Path of the file.
        path: PathBuf,
        /// First line of the record, or its row, from 1: `line 4`.
        location: String,
        /// Defect of the record.
        defect: RecordDefect,
    },
    /// Pairs that exceed the memory cannot be written to a local file.
    #[error(
        "cannot spill to a local file: {0}; free disk space, set another worker.temp_folder, or raise worker.memory"
    )]
    Spill(#[source] ShuffleError),
    /// The job's code failed.
    #[error("{path}: {location}{error}", path = .path.display(), location = offset_prefix(*.at))]
    Job {
        /// Path of the file.
        path: PathBuf,
        /// Offset of the current record in the file, in bytes. `None` if the record is unknown.
        at: Option<u64>,
        /// Error of the job.
        error: JobError,
    },
    /// The job's code fails at one record each time, and succeeds without it.
    #[error(transparent)]
    BadRecord(Box<BadRecord>),
    /// The job's code failed before the first record, or after the last.
    #[error(transparent)]
    Code(JobError),
    /// The attempt was cancelled.
    #[error("the attempt was cancelled")]
    Cancelled,
}

/// Record at which the job's code fails each time.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {location}: {error}; record: {record}{hint}", path = .path.display())]
pub struct BadRecord {
    /// Path of the file.
    pub path: PathBuf,
    /// Location in the file.
    pub location: RecordLocation,
    /// Error of the job.
    pub error: JobError,
    /// Start of the record's text.
    pub record: RecordExcerpt,
    /// Next step for the user, with its separator.
    pub hint: String,
}

impl MapError {
    /// Returns true if every other attempt would fail too.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::Job { error, .. } | Self::Code(error) => error.is_permanent(),
            Self::Io { .. } | Self::OutsideInput { .. } | Self::Spill(_) | Self::Cancelled => false,
            Self::CorruptSplit { .. }
            | Self::Changed { .. }
            | Self::Damaged { .. }
            | Self::TooLong { .. }
            | Self::UnclosedQuote { .. }
            | Self::Parquet { .. }
            | Self::DefectiveRecord { .. }
            | Self::BadRecord(_) => true,
        }
    }

    /// Returns the error of a reader of `split` with the location of its record in words.
    pub(super) fn of_reader(error: ReadError, path: &Path, split: &Split) -> Self {
        let path = path.to_path_buf();
        let (at, limit) = match error {
            ReadError::Io(source) => return Self::Io { path, source },
            ReadError::Damaged(error) => return Self::Damaged { path, error },
            ReadError::TooLong { at, limit } => (at, Some(limit)),
            ReadError::Parquet { what } => return Self::Parquet { path, what },
            ReadError::UnclosedQuote { at } => (at, None),
        };
        match (describe_location(&path, split, at), limit) {
            (Ok(location), Some(limit)) => Self::TooLong {
                path,
                location,
                limit,
            },
            (Ok(location), None) => Self::UnclosedQuote { path, location },
            (Err(source), _) => Self::Io { path, source },
        }
    }
}

fn offset_prefix(at: Option<u64>) -> String {
    at.map_or_else(String::new, |at| format!("byte offset {at}: "))
}

//! Errors of reduce attempts.

use mapreduce_core::JobError;
use mapreduce_shuffle::{PairError, ShuffleError};

use super::part_file::PartFileError;

/// Error of reducing a partition.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReduceError {
    /// The code of the job failed.
    #[error(transparent)]
    Job(#[from] JobError),
    /// A run, or a local file, cannot be read or written.
    #[error(transparent)]
    Shuffle(#[from] ShuffleError),
    /// The part file cannot be written.
    #[error(transparent)]
    PartFile(PartFileError),
}

impl From<PairError> for ReduceError {
    fn from(error: PairError) -> Self {
        match error {
            PairError::Job(error) => Self::Job(error),
            PairError::Shuffle(error) => Self::Shuffle(error),
        }
    }
}

impl From<PartFileError> for ReduceError {
    fn from(error: PartFileError) -> Self {
        match error {
            // The rows come from runs, so a lost run must remain visible as such.
            PartFileError::Rows(error) => Self::Shuffle(error),
            PartFileError::NoFolder { .. } | PartFileError::Write { .. } => Self::PartFile(error),
        }
    }
}

//! Errors of the shuffle.

use std::io;

use mapreduce_core::JobError;

/// Error while collecting, merging or reducing pairs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShuffleError {
    /// A section is missing, truncated or damaged. The master must rerun the task that wrote it.
    #[error("{what}")]
    Lost {
        /// Index of the section in the list that the caller passed, from 0.
        section: usize,
        /// Description of the damage.
        what: String,
    },
    /// A local file or the blob store failed; another attempt may succeed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The caller cancelled the attempt.
    #[error("the attempt was cancelled")]
    Cancelled,
}

impl ShuffleError {
    /// Converts the loss of a section of a local spill to an I/O error. No other task wrote the spill, so none must be
    /// rerun.
    pub(super) fn of_spills(self) -> Self {
        match self {
            Self::Lost { what, .. } => Self::Io(io::Error::other(format!(
                "a local spill file is damaged: {what}; check the disk of worker.temp_folder"
            ))),
            other => other,
        }
    }
}

/// Error of work that calls the code of the job.
#[derive(Debug, thiserror::Error)]
pub enum PairError {
    /// The reducer, the combiner or the partition function of the job failed.
    #[error(transparent)]
    Job(#[from] JobError),
    /// The shuffle itself failed.
    #[error(transparent)]
    Shuffle(#[from] ShuffleError),
}

impl PairError {
    /// Returns the error of work that called no code of the job.
    pub(super) fn without_job_code(self) -> ShuffleError {
        match self {
            Self::Shuffle(error) => error,
            Self::Job(error) => ShuffleError::Io(io::Error::other(error)),
        }
    }

    /// Converts an error of the shuffle like [`ShuffleError::of_spills`].
    pub(super) fn of_spills(self) -> Self {
        match self {
            Self::Shuffle(error) => Self::Shuffle(error.of_spills()),
            Self::Job(error) => Self::Job(error),
        }
    }
}

impl From<io::Error> for PairError {
    fn from(error: io::Error) -> Self {
        Self::Shuffle(error.into())
    }
}

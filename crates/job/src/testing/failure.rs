//! Errors of the engine in a trial.

use std::fmt;

use mapreduce_core::JobError;
use mapreduce_shuffle::PairError;

/// Converts an error of the engine to an error of the job.
pub(super) fn job_error(error: impl fmt::Display) -> JobError {
    JobError::new(error.to_string())
}

/// Converts an error of work that calls the code of the job, whose own errors stay as they are.
pub(super) fn pair_error(error: PairError) -> JobError {
    match error {
        PairError::Job(error) => error,
        PairError::Shuffle(error) => job_error(error),
    }
}

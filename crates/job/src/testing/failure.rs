//! Errors of a trial.

use std::fmt;

use mapreduce_core::JobError;

/// Returns an error of the engine as an error of the job.
pub(super) fn told(error: impl fmt::Display) -> JobError {
    JobError::new(error.to_string())
}

//! Errors of the engine in a trial.

use std::fmt;

use mapreduce_core::JobError;

/// Converts an error of the engine to an error of the job.
pub(super) fn job_error(error: impl fmt::Display) -> JobError {
    JobError::new(error.to_string())
}

//! Reasons to stop a command before its end.

use mapreduce_core::JobError;
use mapreduce_job::MapFault;
use mapreduce_shuffle::ShuffleError;

/// Reason to stop a command.
#[derive(Debug)]
pub(crate) enum CommandError {
    /// The command failed.
    Failed(JobError),
    /// Its output cannot be stored, or the attempt was cancelled.
    Output(ShuffleError),
}

impl From<ShuffleError> for CommandError {
    fn from(error: ShuffleError) -> Self {
        Self::Output(error)
    }
}

impl From<CommandError> for MapFault {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Failed(error) => Self::Job { at: None, error },
            CommandError::Output(error) => Self::Spill(error),
        }
    }
}

impl From<CommandError> for JobError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Failed(error) => error,
            CommandError::Output(error) => Self::new(error.to_string()),
        }
    }
}

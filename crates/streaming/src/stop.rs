//! Between a command and whoever takes what it writes.

use mapreduce::job::{JobError, MapFault};
use mapreduce::shuffle::ShuffleError;

/// Takes what a command writes.
pub(crate) trait Taker {
    /// A line, without its end.
    fn line(&mut self, line: &[u8]);

    /// Behind a block of lines: the time to say what went wrong.
    fn block(&mut self) -> Result<(), Stop> {
        Ok(())
    }
}

/// Why a command is not waited for any more.
#[derive(Debug)]
pub(crate) enum Stop {
    /// It failed.
    Failed(JobError),
    /// What it wrote cannot be kept, or nobody wants it.
    Keep(ShuffleError),
}

impl From<ShuffleError> for Stop {
    fn from(error: ShuffleError) -> Self {
        Self::Keep(error)
    }
}

impl From<Stop> for MapFault {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Failed(error) => Self::Job { at: None, error },
            Stop::Keep(error) => Self::Keep(error),
        }
    }
}

impl From<Stop> for JobError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Failed(error) => error,
            Stop::Keep(error) => Self::new(error.to_string()),
        }
    }
}

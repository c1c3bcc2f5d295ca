//! What keeps a section from being read.

use std::io;

/// What keeps the data plane from going on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ShuffleError {
    /// A section is missing, short, or not what was written: its task must be done again.
    #[error("{what}")]
    Lost {
        /// Which of the sections given, from 0.
        section: usize,
        /// What is wrong with it.
        what: String,
    },
    /// A local file or the blob store failed; another attempt may succeed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Somebody wished it to stop.
    #[error("stopped")]
    Cancelled,
}

impl ShuffleError {
    /// As an error about local files: what is lost there is no fault of another task.
    pub(super) fn of_spills(self) -> Self {
        match self {
            Self::Lost { what, .. } => Self::Io(io::Error::other(format!("a local file: {what}"))),
            other => other,
        }
    }
}

//! Errors of a job's code.

/// Error of a mapper, a reducer or an external command.
///
/// The message describes the failure only. The caller adds the location, such as the record or the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JobError {
    message: String,
    is_permanent: bool,
    is_stall: bool,
}

impl JobError {
    /// Returns a transient error: another attempt may succeed.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_permanent: false,
            is_stall: false,
        }
    }

    /// Returns an error of code that made no progress until its timeout. Each attempt costs the whole timeout, so a
    /// task gets few attempts after it.
    pub fn stalled(message: impl Into<String>) -> Self {
        Self {
            is_stall: true,
            ..Self::new(message)
        }
    }

    /// Returns a permanent error: every attempt would fail. Examples are an invalid parameter or a missing program.
    pub fn permanent(message: impl Into<String>) -> Self {
        Self {
            is_permanent: true,
            ..Self::new(message)
        }
    }

    /// Returns `true` if the error is permanent.
    pub fn is_permanent(&self) -> bool {
        self.is_permanent
    }

    /// Returns `true` if the code made no progress until its timeout.
    pub fn is_stalled(&self) -> bool {
        self.is_stall
    }
}

impl From<std::io::Error> for JobError {
    fn from(error: std::io::Error) -> Self {
        Self::new(error.to_string())
    }
}

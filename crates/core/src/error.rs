//! What a job's own code may fail with.

/// Why a mapper, a reducer or a command could not go on. Its text says what is wrong; where it happened is added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JobError {
    message: String,
    is_final: bool,
    is_stall: bool,
}

impl JobError {
    /// An error after which another attempt is worth it.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_final: false,
            is_stall: false,
        }
    }

    /// An error that took as long as the job's code may be silent: another attempt is worth it, many are not.
    pub fn stalled(message: impl Into<String>) -> Self {
        Self {
            is_stall: true,
            ..Self::new(message)
        }
    }

    /// An error that every attempt would end with: a parameter that is wrong, a program that is not there.
    pub fn hopeless(message: impl Into<String>) -> Self {
        Self {
            is_final: true,
            ..Self::new(message)
        }
    }

    /// Whether no other attempt can succeed.
    pub fn is_final(&self) -> bool {
        self.is_final
    }

    /// Whether the code stood still until it was given up.
    pub fn is_stall(&self) -> bool {
        self.is_stall
    }
}

impl From<std::io::Error> for JobError {
    fn from(error: std::io::Error) -> Self {
        Self::new(error.to_string())
    }
}

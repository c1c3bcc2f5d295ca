//! What a job's own code may fail with.

/// Why a mapper, a reducer or a command could not go on. Its text says what is wrong; where it happened is added.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct JobError {
    message: String,
    is_final: bool,
}

impl JobError {
    /// An error after which another attempt is worth it.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_final: false,
        }
    }

    /// An error that every attempt would end with: a parameter that is wrong, a program that is not there.
    pub fn hopeless(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_final: true,
        }
    }

    /// Whether no other attempt can succeed.
    pub fn is_final(&self) -> bool {
        self.is_final
    }
}

impl From<std::io::Error> for JobError {
    fn from(error: std::io::Error) -> Self {
        Self::new(error.to_string())
    }
}

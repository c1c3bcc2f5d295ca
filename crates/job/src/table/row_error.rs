//! Error of a type that is not a row.

use std::fmt;

/// Error of a type that is not a row.
#[derive(Debug)]
pub(super) struct RowError(pub(super) String);

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RowError {}

impl serde::ser::Error for RowError {
    fn custom<M: fmt::Display>(message: M) -> Self {
        Self(message.to_string())
    }
}

impl serde::de::Error for RowError {
    fn custom<M: fmt::Display>(message: M) -> Self {
        Self(message.to_string())
    }
}

//! Errors of the search for record boundaries.

use std::io;

/// Error of a quoted cell that is never closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnclosedQuote {
    /// Offset of the opening quote in the file, in bytes.
    pub offset: u64,
    /// Line of the opening quote, from 1.
    pub line: u64,
}

/// Error of the search for record boundaries in a table.
#[derive(Debug)]
pub enum BoundaryError {
    /// The file cannot be read.
    Io(io::Error),
    /// A quoted cell is never closed.
    UnclosedQuote(UnclosedQuote),
}

impl From<io::Error> for BoundaryError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<UnclosedQuote> for BoundaryError {
    fn from(quote: UnclosedQuote) -> Self {
        Self::UnclosedQuote(quote)
    }
}

//! Errors of record readers.

use std::io;

/// What keeps a reader from going on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The bytes could not be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A record is longer than is allowed; `at` is the offset of its start in the split.
    #[error("a record longer than {limit} bytes")]
    TooLong {
        /// Where it starts.
        at: u64,
        /// The longest accepted, in bytes.
        limit: u64,
    },
    /// A Parquet file is none, or is damaged, or has something in it that cannot be read.
    #[error("{what}")]
    Parquet {
        /// What is wrong.
        what: String,
    },
    /// A quoted cell has no end; `at` is the offset of its record's start in the split.
    #[error("a quoted cell that never ends")]
    UnclosedQuote {
        /// Where its record starts.
        at: u64,
    },
}

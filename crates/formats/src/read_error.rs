//! Errors of record readers.

use std::io;

/// Error that stops a record reader.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The input cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A record exceeds the limit.
    #[error("a record exceeds {limit} bytes; raise input.max_record")]
    TooLong {
        /// Offset of the record in the split, in bytes; in Parquet, the number of its row in the file, from 0.
        at: u64,
        /// Length limit of records, in bytes.
        limit: u64,
    },
    /// A Parquet file is invalid or damaged, or uses an unsupported feature.
    #[error("{what}")]
    Parquet {
        /// Description of the problem, to follow the name of the file.
        what: String,
    },
    /// A quoted cell is never closed.
    #[error("a quoted cell never ends; close it with a double quote")]
    UnclosedQuote {
        /// Offset of the record of the cell in the split, in bytes.
        at: u64,
    },
}

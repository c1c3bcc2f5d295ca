//! Errors of record readers.

use std::io;

use crate::decompression_error::DecompressionError;

/// Error that stops a record reader.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The input cannot be read.
    #[error(transparent)]
    Io(io::Error),
    /// A compressed file cannot be decompressed.
    #[error(transparent)]
    Damaged(DecompressionError),
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

impl From<io::Error> for ReadError {
    /// Converts an error of the trait [`Read`](io::Read). Readers of compressed files can only report a
    /// [`DecompressionError`] inside of it.
    fn from(error: io::Error) -> Self {
        match DecompressionError::inside(error) {
            Ok(damage) => Self::Damaged(damage),
            Err(error) => Self::Io(error),
        }
    }
}

//! Permanent errors of compressed files.

use std::io;

use mapreduce_core::Compression;

/// Permanent error of a compressed file. A retry of the read cannot help.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecompressionError {
    /// The file is damaged or incomplete.
    #[error(
        "is not valid {compression}: {what}; the file is damaged or truncated, create it again"
    )]
    Invalid {
        /// Compression of the file.
        compression: Compression,
        /// Message of the decoder.
        what: String,
    },
    /// The file is valid, but its window exceeds the memory limit.
    #[error(
        "its {compression} window exceeds {limit} bytes of memory; raise input.max_window, at most to 2GiB"
    )]
    Window {
        /// Compression of the file.
        compression: Compression,
        /// Memory limit, in bytes.
        limit: u64,
    },
}

impl DecompressionError {
    /// Classifies an error of a decoder.
    pub(crate) fn new(compression: Compression, limit: u64, error: &io::Error) -> Self {
        // The decoders of zstd and xz report this case only by their messages.
        let what = error.to_string();
        if what.contains("too much memory") || what.contains("needed memory too big") {
            return Self::Window { compression, limit };
        }
        Self::Invalid { compression, what }
    }

    /// Takes the error out of an error of [`Content`](crate::input::Content), or returns that error as it is. The trait `Read`
    /// leaves no other way for a typed error.
    pub(crate) fn inside(error: io::Error) -> Result<Self, io::Error> {
        error.downcast()
    }

    /// Returns the error for a compressed file of zero bytes. Even empty content has a compressed form of some bytes.
    pub fn empty(compression: Compression) -> Self {
        let what = "it is empty".to_owned();
        Self::Invalid { compression, what }
    }
}

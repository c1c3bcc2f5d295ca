//! How a file is compressed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a file is compressed. Such a file is read as one split: none of these can be entered midway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// `.gz`: one gzip member, or several in a row.
    Gzip,
    /// `.zst`: one Zstandard frame, or several in a row.
    Zstd,
    /// `.bz2`: one bzip2 stream, or several in a row.
    Bzip2,
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
        })
    }
}

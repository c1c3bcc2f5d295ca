//! Compression formats of input files.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Compression format of an input file. A compressed file is one split, because a reader cannot start in the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// `.gz`: one gzip member, or several in a row.
    Gzip,
    /// `.zst`: one Zstandard frame, or several in a row.
    Zstd,
    /// `.bz2`: one bzip2 stream, or several in a row.
    Bzip2,
    /// `.xz`: one xz stream, or several in a row.
    Xz,
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Bzip2 => "bzip2",
            Self::Xz => "xz",
        })
    }
}

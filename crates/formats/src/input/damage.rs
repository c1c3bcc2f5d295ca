//! What can be wrong with a compressed file.

use std::io;

use mapreduce_core::Compression;

/// What is wrong with a compressed file; reading it again cannot help.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// It is not what its name says, not whole, or not what was written.
    #[error("is not valid {compression}: {what}; the file is damaged or cut off")]
    Invalid {
        /// What the name says.
        compression: Compression,
        /// What the decoder said.
        what: String,
    },
    /// It is valid, but made for more memory.
    #[error(
        "asks for more than 128 MiB of memory to be decompressed; compress it again without --long"
    )]
    Window,
}

impl Damage {
    /// What a decoder says of the bytes it was given.
    pub(super) fn new(compression: Compression, error: &io::Error) -> Self {
        let what = error.to_string();
        if what.contains("too much memory") {
            return Self::Window;
        }
        Self::Invalid { compression, what }
    }

    /// What is wrong with a compressed file of no bytes, which even nothing compressed has.
    pub fn empty(compression: Compression) -> Self {
        let what = "it is empty".to_owned();
        Self::Invalid { compression, what }
    }
}

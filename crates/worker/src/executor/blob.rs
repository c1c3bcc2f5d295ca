//! Blobs of attempts.

use mapreduce_shuffle::Spooled;
use store::Blob;

/// Converts the output of an attempt into a blob for the store.
pub(super) fn spooled_blob(bytes: Spooled) -> Blob {
    match bytes {
        Spooled::Memory(bytes) => Blob::Memory(bytes),
        Spooled::File(path, len) => Blob::File(path.into(), len),
    }
}

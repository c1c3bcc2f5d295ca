//! Access to the bytes of a blob.

use std::io;
use std::ops::Range;

use bytes::Bytes;

/// Random access to a blob in memory, in a local file or in the blob store.
pub trait RangeSource {
    /// Returns all bytes of `range`, or `None` if the blob is missing or too short.
    ///
    /// # Errors
    /// The source is unavailable. Another attempt may succeed.
    fn read(&mut self, range: Range<u64>) -> io::Result<Option<Bytes>>;
}

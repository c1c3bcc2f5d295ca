//! Access to the bytes of a blob.

use std::io;
use std::ops::Range;

use bytes::Bytes;

/// A blob, wherever it is.
pub trait RangeSource {
    /// The bytes of a range, all of them; `None` if the blob is missing or shorter.
    ///
    /// # Errors
    /// If nobody can tell now; another attempt may succeed.
    fn read(&mut self, range: Range<u64>) -> io::Result<Option<Bytes>>;
}

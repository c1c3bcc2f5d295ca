//! Words of a record.

/// A word inside the buffer of its record. Like [`Record`](crate::record::Record), it keeps the bytes that follow it.
#[derive(Debug, Clone, Copy)]
pub struct Word<'a> {
    text: &'a [u8],
    len: usize,
}

impl<'a> Word<'a> {
    /// Returns the first `len` bytes of `text` as a word. The caller guarantees that `text` is long enough.
    #[inline]
    pub fn prefix(text: &'a [u8], len: usize) -> Self {
        Self { text, len }
    }

    /// Returns the bytes of the word.
    #[inline]
    pub fn bytes(&self) -> &'a [u8] {
        &self.text[..self.len]
    }

    /// Returns the word together with the bytes that follow it, and the length of the word.
    #[inline]
    pub fn with_following_bytes(&self) -> (&'a [u8], usize) {
        (self.text, self.len)
    }
}

//! A word of a record.

/// A word where it was found: with what lies behind it in memory, as [`Record`].
#[derive(Debug, Clone, Copy)]
pub struct Word<'a> {
    text: &'a [u8],
    len: usize,
}

impl<'a> Word<'a> {
    /// The first `len` bytes of `text`; the caller knows that there are so many.
    #[inline]
    pub fn prefix(text: &'a [u8], len: usize) -> Self {
        Self { text, len }
    }

    /// The word itself.
    #[inline]
    pub fn bytes(&self) -> &'a [u8] {
        &self.text[..self.len]
    }

    /// The word's first byte, all that is known to lie behind it, and the word's length.
    #[inline]
    pub fn with_rest(&self) -> (&'a [u8], usize) {
        (self.text, self.len)
    }
}

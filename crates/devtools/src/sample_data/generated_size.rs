//! The size of generated data.

/// Number of rows, bytes and words that a generator wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GeneratedSize {
    /// Records, without headers.
    pub rows: u64,
    /// Bytes, with headers.
    pub bytes: u64,
    /// Words of the text cells, split at single spaces.
    pub words: u64,
}

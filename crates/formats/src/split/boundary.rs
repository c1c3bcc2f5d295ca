//! Record boundaries.

/// A record boundary inside a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boundary {
    /// Offset of the record that starts here, in bytes.
    pub offset: u64,
    /// Its line number, from 1, where lines were counted.
    pub line: Option<u64>,
}

//! Record boundaries.

/// Record boundary inside a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Boundary {
    /// Offset of the record that starts at the boundary, in bytes.
    pub offset: u64,
    /// Line number of that record, from 1; `None` if lines were not counted.
    pub line: Option<u64>,
}

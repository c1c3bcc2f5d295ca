//! Columns and row groups of a Parquet file.

/// What a Parquet file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParquetFile {
    /// Its columns, in their order.
    pub columns: Vec<ParquetColumn>,
    /// Its row groups, in their order.
    pub groups: Vec<ParquetGroup>,
}

/// A column of the first level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParquetColumn {
    /// Its name.
    pub name: String,
    /// Whether it holds lists, maps or structures, which are no text.
    pub nested: bool,
}

/// Some rows that lie together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParquetGroup {
    /// Offset of its first byte in the file.
    pub start: u64,
    /// Number of rows.
    pub rows: u64,
}

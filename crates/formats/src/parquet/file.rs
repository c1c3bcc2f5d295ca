//! Columns and row groups of a Parquet file.

/// Structure of a Parquet file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParquetFile {
    /// Top-level columns, in the order of the schema.
    pub columns: Vec<ParquetColumn>,
    /// Row groups, in the order of the footer.
    pub groups: Vec<ParquetGroup>,
}

/// Top-level column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParquetColumn {
    /// Name of the column.
    pub name: String,
    /// True if the column contains lists, maps or structures, which have no text form.
    pub nested: bool,
}

/// Row group: rows that are stored together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParquetGroup {
    /// Offset of the first byte in the file.
    pub start: u64,
    /// Number of rows.
    pub rows: u64,
}

//! Limits of random tables.

/// Format of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TableFormat {
    Csv,
    Tsv,
    Ndjson,
}

/// Sizes and other limits of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) format: TableFormat,
    pub(super) delimiter: char,
    pub(super) has_header: bool,
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// True if files may lack columns.
    pub(super) may_differ: bool,
    /// True if numbers have other separators.
    pub(super) is_local: bool,
}

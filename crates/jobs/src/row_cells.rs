//! Rows of tables that jobs encode themselves.

use mapreduce_core::{Schema, ValueKind, put_cell};
use mapreduce_job::Cell;

/// Encoded cells of a row. The shape of the job has the columns.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct RowCells(pub(super) Vec<u8>);

impl RowCells {
    /// Appends a cell.
    pub(super) fn push(&mut self, cell: &[u8]) {
        put_cell(&mut self.0, Some(cell));
    }

    /// Appends a missing cell.
    pub(super) fn push_missing(&mut self) {
        put_cell(&mut self.0, None);
    }

    /// Appends a cell with a number.
    pub(super) fn push_count(&mut self, count: u64) {
        self.push(count.to_string().as_bytes());
    }
}

impl Cell for RowCells {
    fn kind() -> ValueKind {
        ValueKind::Table(Schema::default())
    }

    fn write(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(&self.0);
    }
}

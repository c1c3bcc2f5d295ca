//! Fields of records as rows of the result.

use mapreduce_core::{Record, put_cell};
use mapreduce_job::TaskContext;

/// Fields of the records of a file, in the order of the result's columns.
#[derive(Debug, Default)]
pub(super) struct TableFields(Vec<Option<usize>>);

impl TableFields {
    /// Returns the fields of the file of a map task. A file may lack some of the columns.
    pub(super) fn of(context: &TaskContext) -> Self {
        Self::after(0, context)
    }

    /// Returns the fields for the columns of the result after the first `skipped` ones.
    pub(super) fn after(skipped: usize, context: &TaskContext) -> Self {
        let columns = context.columns();
        let position = |name: &String| columns.iter().position(|column| column == name);
        let names = context.schema.names();
        Self(names.iter().skip(skipped).map(position).collect())
    }

    /// Returns the index in a record of each column.
    pub(super) fn indexes(&self) -> &[Option<usize>] {
        &self.0
    }

    /// Appends the cells of a record as a row.
    #[inline]
    pub(super) fn put_row(&self, record: &Record<'_>, row: &mut Vec<u8>) {
        for field in &self.0 {
            put_cell(row, field.and_then(|field| record.field(field)));
        }
    }
}

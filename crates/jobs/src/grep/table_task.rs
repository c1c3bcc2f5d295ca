//! Mappers of the job `grep` for tables.

use mapreduce_core::{Record, put_cell};
use mapreduce_formats::reader::Records;
use mapreduce_job::{MapFault, MapSink, MapTask, TaskContext};

use super::pattern::Pattern;
use crate::table_fields::TableFields;

/// Emits the selected rows in the order of the input. All have the same key, and the values of a key keep their order.
pub(super) struct RowMapper {
    pattern: Pattern,
    invert: bool,
    /// Name of the file, which becomes the first cell, before the line number. `None` if rows are emitted unchanged.
    name: Option<String>,
    /// Indexes of the fields to search.
    searched: Vec<usize>,
    fields: TableFields,
    row: Vec<u8>,
}

impl RowMapper {
    pub(super) fn new(
        pattern: Pattern,
        invert: bool,
        name: Option<String>,
        searched: Vec<usize>,
        context: &TaskContext,
    ) -> Self {
        // The file and the line are columns of the result, but not of the input.
        let skipped = if name.is_some() { 2 } else { 0 };
        Self {
            pattern,
            invert,
            name,
            searched,
            fields: TableFields::after(skipped, context),
            row: Vec::new(),
        }
    }
}

impl MapTask for RowMapper {
    fn batch(
        &mut self,
        records: &mut Records<'_>,
        out: &mut MapSink<'_>,
    ) -> Result<bool, MapFault> {
        let more = records.batch(|record: Record<'_>| {
            let mut cells = self
                .searched
                .iter()
                .filter_map(|field| record.field(*field));
            if cells.any(|cell| self.pattern.is_in(cell)) == self.invert {
                return;
            }
            self.row.clear();
            if let Some(name) = &self.name {
                put_cell(&mut self.row, Some(name.as_bytes()));
                let line = record.line().map(|line| line.to_string());
                put_cell(&mut self.row, line.as_deref().map(str::as_bytes));
            }
            self.fields.put_row(&record, &mut self.row);
            out.push(b"", &self.row);
        });
        more.map_err(MapFault::Read)
    }

    fn finish(&mut self, _: &mut MapSink<'_>) -> Result<(), MapFault> {
        Ok(())
    }
}

/// Emits each match in the searched cells with the count 1.
pub(super) struct CellMatchCounter {
    pub(super) pattern: Pattern,
    /// Indexes of the fields to search.
    pub(super) fields: Vec<usize>,
}

impl MapTask for CellMatchCounter {
    fn batch(
        &mut self,
        records: &mut Records<'_>,
        out: &mut MapSink<'_>,
    ) -> Result<bool, MapFault> {
        let more = records.batch(|record: Record<'_>| {
            for cell in self.fields.iter().filter_map(|field| record.field(*field)) {
                self.pattern.each(cell, |found| out.push_count(found, 1));
            }
        });
        more.map_err(MapFault::Read)
    }

    fn finish(&mut self, _: &mut MapSink<'_>) -> Result<(), MapFault> {
        Ok(())
    }
}

//! A reducer for results that copy records.

use mapreduce_core::JobError;
use mapreduce_shuffle::{RawValues, ReduceTask, RowSink};

/// Writes each value as one row, in the order of the values.
#[derive(Debug)]
pub(super) struct RowCopier {
    /// True if the values are rows of a table, false if they are lines.
    pub(super) is_table: bool,
}

impl ReduceTask for RowCopier {
    fn group(
        &mut self,
        _: &[u8],
        values: &mut dyn RawValues,
        out: &mut RowSink,
    ) -> Result<(), JobError> {
        while let Some(value) = values.next() {
            match self.is_table {
                true => out.push(0, b"", None, value),
                false => out.push(0, value, None, b""),
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut RowSink) -> Result<(), JobError> {
        Ok(())
    }
}

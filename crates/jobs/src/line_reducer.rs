//! A reducer for results that are lines.

use mapreduce_core::JobError;
use mapreduce_shuffle::{RawValues, ReduceTask, RowSink};

/// Writes each value as one row, in the order of the values.
#[derive(Debug, Default)]
pub(super) struct ValueLines;

impl ReduceTask for ValueLines {
    fn group(
        &mut self,
        _: &[u8],
        values: &mut dyn RawValues,
        out: &mut RowSink,
    ) -> Result<(), JobError> {
        while let Some(value) = values.next() {
            out.push(0, value, None, b"");
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut RowSink) -> Result<(), JobError> {
        Ok(())
    }
}

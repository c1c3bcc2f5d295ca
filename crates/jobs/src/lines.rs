//! A reducer that hands on lines as they come: the result is the values, or the keys where the value is empty.

use mapreduce_core::JobError;
use mapreduce_shuffle::RowSink;
use mapreduce_shuffle::{RawValues, ReduceTask};

/// Writes every value as a row of its own.
#[derive(Debug, Default)]
pub(super) struct EachValue;

impl ReduceTask for EachValue {
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

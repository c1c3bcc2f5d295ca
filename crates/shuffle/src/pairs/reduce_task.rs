//! Reducers with their types erased.

use mapreduce_core::JobError;

use super::rows::RowSink;
use crate::combine_task::RawValues;

/// A reducer at work. Keys come in order.
pub trait ReduceTask {
    /// A key and its values. What is left of the values afterwards is passed over.
    ///
    /// # Errors
    /// Fails the attempt.
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut RowSink,
    ) -> Result<(), JobError>;

    /// After the last key.
    ///
    /// # Errors
    /// Fails the attempt.
    fn finish(&mut self, out: &mut RowSink) -> Result<(), JobError>;
}

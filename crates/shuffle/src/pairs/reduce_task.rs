//! Type-erased reducers.

use mapreduce_core::JobError;

use super::rows::RowSink;
use crate::combine_task::RawValues;

/// Reducer of one attempt. It gets the keys in ascending order.
pub trait ReduceTask {
    /// Reduces the values of a key. The caller skips values that are left unread.
    ///
    /// # Errors
    /// An error of the job's code. It fails the attempt.
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut RowSink,
    ) -> Result<(), JobError>;

    /// Finishes after the last key.
    ///
    /// # Errors
    /// An error of the job's code. It fails the attempt.
    fn finish(&mut self, out: &mut RowSink) -> Result<(), JobError>;
}

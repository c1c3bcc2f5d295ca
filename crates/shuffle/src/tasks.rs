//! Reducers and combiners with their types erased: the shuffle calls them once for each key.

use mapreduce_core::JobError;

use crate::pairs::RowSink;

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

/// A combiner at work.
pub trait CombineTask {
    /// Some values of a key; `put` takes those that stand for them.
    ///
    /// # Errors
    /// Fails the attempt.
    fn combine(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        put: &mut dyn FnMut(&[u8]),
    ) -> Result<(), JobError>;
}

/// The values of a key as bytes, one by one.
pub trait RawValues {
    /// The next one; `None` behind the last. What keeps the next one from being read ends it too; whoever lent
    /// this knows.
    fn next(&mut self) -> Option<&[u8]>;
}

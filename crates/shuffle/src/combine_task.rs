//! Combiners with their types erased, and the values that they and reducers read.

use mapreduce_core::JobError;

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

//! Type-erased combiners, and the values that combiners and reducers read.

use mapreduce_core::JobError;

/// Combiner of one attempt.
pub trait CombineTask {
    /// Combines some values of a key. Passes the values that replace them to `put`.
    ///
    /// # Errors
    /// An error of the job's code. It fails the attempt.
    fn combine(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        put: &mut dyn FnMut(&[u8]),
    ) -> Result<(), JobError>;
}

/// Iterator over the values of a key as bytes.
pub trait RawValues {
    /// Returns the next value, or `None` after the last one.
    ///
    /// A read error also ends the iteration. The owner of the iterator keeps the error and fails the attempt with it,
    /// so that job code needs no error handling.
    fn next(&mut self) -> Option<&[u8]>;
}

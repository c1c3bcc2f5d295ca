//! From records to keys and values.

use super::{Datum, Emitter, TaskContext};
use mapreduce_core::JobError;
use mapreduce_core::Record;

/// Makes keys and values out of records. One of these serves one attempt at a task; a panic is an error of the
/// record at hand.
pub trait Mapper: Send {
    /// What records are grouped by.
    type Key: Datum + ?Sized;
    /// What goes to the reducer with it.
    type Value: Datum + ?Sized;

    /// Before the first record.
    ///
    /// # Errors
    /// Fails the attempt.
    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        let _ = context;
        Ok(())
    }

    /// A record. What it emits must depend on nothing else than it and the parameters, or a repeated attempt
    /// would give another result.
    ///
    /// # Errors
    /// Fails the attempt; the record is named.
    fn map(
        &mut self,
        record: &Record<'_>,
        out: &mut Emitter<'_, '_, Self::Key, Self::Value>,
    ) -> Result<(), JobError>;

    /// After the last record: what was gathered can be emitted.
    ///
    /// # Errors
    /// Fails the attempt.
    fn teardown(
        &mut self,
        out: &mut Emitter<'_, '_, Self::Key, Self::Value>,
    ) -> Result<(), JobError> {
        let _ = out;
        Ok(())
    }
}

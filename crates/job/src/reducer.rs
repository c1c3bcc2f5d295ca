//! From the values of a key to rows of the result.

use super::{Cell, Combined, Datum, Rows, TaskContext, Values};
use mapreduce_core::JobError;

/// Makes rows of the result out of keys and all of their values. One of these serves one attempt at a partition;
/// keys come in order.
///
/// # Rows with the same key
/// The result is by the keys of its rows ([`Order::Key`](super::Order::Key)). Rows with one key that one attempt
/// emitted stay in its order; those of different groups lie in the order of the partitions that the groups went to,
/// which changes with the number of reduce tasks (`job.reduces`). For a result that does not, emit each key of the
/// result from one group only: let it be the mapper's key, and sort in the reducer what belongs to it (values that come
/// sorted, [`Shape::sort_values`](super::Shape::sort_values), need no memory for that).
pub trait Reducer: Send {
    /// The mapper's keys.
    type Key: Datum + ?Sized;
    /// The mapper's values.
    type Value: Datum + ?Sized;
    /// Keys of the result.
    type OutKey: Datum + Cell + ?Sized;
    /// Values of the result.
    type OutValue: Cell + ?Sized;

    /// Before the first key.
    ///
    /// # Errors
    /// Fails the attempt.
    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        let _ = context;
        Ok(())
    }

    /// A key and its values, which come one by one, however many there are.
    ///
    /// # Errors
    /// Fails the attempt; the key is named.
    fn reduce(
        &mut self,
        key: <Self::Key as Datum>::View<'_>,
        values: &mut Values<'_, Self::Value>,
        out: &mut Rows<'_, Self::OutKey, Self::OutValue>,
    ) -> Result<(), JobError>;

    /// After the last key.
    ///
    /// # Errors
    /// Fails the attempt.
    fn teardown(
        &mut self,
        out: &mut Rows<'_, Self::OutKey, Self::OutValue>,
    ) -> Result<(), JobError> {
        let _ = out;
        Ok(())
    }
}

/// Makes fewer values out of some of a key's values, where they were mapped: less to hand over. It may be called
/// never, once, or again with what it gave.
pub trait Combiner: Send {
    /// The mapper's keys.
    type Key: Datum + ?Sized;
    /// The mapper's values.
    type Value: Datum + ?Sized;

    /// Some values of a key.
    ///
    /// # Errors
    /// Fails the attempt.
    fn combine(
        &mut self,
        key: <Self::Key as Datum>::View<'_>,
        values: &mut Values<'_, Self::Value>,
        out: &mut Combined<'_, Self::Value>,
    ) -> Result<(), JobError>;
}

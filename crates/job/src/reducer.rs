//! The reducer and the combiner of a job: both receive the values of a key.

use mapreduce_core::JobError;

use crate::cell::Cell;
use crate::context::TaskContext;
use crate::datum::Datum;
use crate::emit::Combined;
use crate::rows::Rows;
use crate::values::Values;

/// Emits rows of the result for each key and all of its values.
///
/// Each attempt at a reduce task creates its own reducer and calls it with the keys of its partition in ascending
/// order.
///
/// ```
/// use std::sync::Arc;
///
/// use mapreduce_core::{JobError, Record};
/// use mapreduce_job::testing::Trial;
/// use mapreduce_job::{Emitter, JobInfo, Mapper, Reducer, Rows, Values, define};
///
/// /// Emits the length of each line, by its first letter.
/// struct Lengths;
///
/// impl Mapper for Lengths {
///     type Key = [u8];
///     type Value = u64;
///
///     fn map(
///         &mut self,
///         record: &Record<'_>,
///         out: &mut Emitter<'_, '_, [u8], u64>,
///     ) -> Result<(), JobError> {
///         if let Some(letter) = record.bytes().get(..1) {
///             out.emit(letter, &(record.bytes().len() as u64));
///         }
///         Ok(())
///     }
/// }
///
/// /// Keeps the greatest value of each key.
/// struct Greatest;
///
/// impl Reducer for Greatest {
///     type Key = [u8];
///     type Value = u64;
///     type OutKey = [u8];
///     type OutValue = u64;
///
///     fn reduce(
///         &mut self,
///         key: &[u8],
///         values: &mut Values<'_, u64>,
///         out: &mut Rows<'_, [u8], u64>,
///     ) -> Result<(), JobError> {
///         let mut greatest = 0;
///         while let Some(value) = values.next() {
///             greatest = greatest.max(value);
///         }
///         out.emit(key, &greatest);
///         Ok(())
///     }
/// }
///
/// let info = JobInfo::new("longest", "finds the longest line of each first letter");
/// let job = define(info).mapper(|| Lengths).reducer(|| Greatest);
/// let outcome = Trial::new(Arc::new(job)).input("a.txt", "tea\nsalt\ntable\n").run()?;
/// assert_eq!(outcome.rows, [("s".into(), "4".into()), ("t".into(), "5".into())]);
/// # Ok::<(), JobError>(())
/// ```
///
/// # Rows with the same key
/// The result is sorted by the keys of its rows ([`Order::Key`](mapreduce_core::Order::Key)). Rows with the same key
/// that one attempt emitted keep their order. Rows with the same key from different partitions follow the order of the
/// partitions, which changes with the number of reduce tasks (`job.reduces`).
///
/// For a result that does not depend on that number, emit each key of the result from one group only. Use it as the
/// mapper's key, and sort the group's values in the reducer. Values that arrive sorted
/// ([`Shape::sort_values`](mapreduce_core::Shape::sort_values)) need no memory for that.
pub trait Reducer: Send {
    /// Type of the mapper's keys.
    type Key: Datum + ?Sized;
    /// Type of the mapper's values.
    type Value: Datum + ?Sized;
    /// Type of the keys in the result.
    type OutKey: Datum + Cell + ?Sized;
    /// Type of the values in the result.
    type OutValue: Cell + ?Sized;

    /// Prepares the reducer before the first key, for example from the parameters of the job.
    ///
    /// # Errors
    /// An error fails the attempt.
    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        let _ = context;
        Ok(())
    }

    /// Emits the rows of a key. The values are read one by one, so a key can have any number of them.
    ///
    /// # Errors
    /// An error fails the attempt. The message that users see names the key.
    fn reduce(
        &mut self,
        key: <Self::Key as Datum>::View<'_>,
        values: &mut Values<'_, Self::Value>,
        out: &mut Rows<'_, Self::OutKey, Self::OutValue>,
    ) -> Result<(), JobError>;

    /// Emits remaining rows after the last key, such as totals.
    ///
    /// # Errors
    /// An error fails the attempt.
    fn teardown(
        &mut self,
        out: &mut Rows<'_, Self::OutKey, Self::OutValue>,
    ) -> Result<(), JobError> {
        let _ = out;
        Ok(())
    }
}

/// Replaces some values of a key with fewer values in the map task, so that the reducer receives less data.
///
/// The engine calls a combiner any number of times for a key, or never, also with values that it emitted before. The
/// reducer must give the same result in all cases.
///
/// ```
/// use std::sync::Arc;
///
/// use mapreduce_core::{JobError, Record};
/// use mapreduce_job::testing::Trial;
/// use mapreduce_job::{
///     Combined, Combiner, Emitter, JobInfo, Mapper, Reducer, Rows, Values, define,
/// };
/// # struct Lengths;
/// # impl Mapper for Lengths {
/// #     type Key = [u8];
/// #     type Value = u64;
/// #     fn map(&mut self, record: &Record<'_>, out: &mut Emitter<'_, '_, [u8], u64>) -> Result<(), JobError> {
/// #         out.emit(&record.bytes()[..1], &(record.bytes().len() as u64));
/// #         Ok(())
/// #     }
/// # }
/// # fn greatest(values: &mut Values<'_, u64>) -> u64 {
/// #     let mut greatest = 0;
/// #     while let Some(value) = values.next() {
/// #         greatest = greatest.max(value);
/// #     }
/// #     greatest
/// # }
/// # struct Greatest;
/// # impl Reducer for Greatest {
/// #     type Key = [u8];
/// #     type Value = u64;
/// #     type OutKey = [u8];
/// #     type OutValue = u64;
/// #     fn reduce(&mut self, key: &[u8], values: &mut Values<'_, u64>, out: &mut Rows<'_, [u8], u64>) -> Result<(), JobError> {
/// #         out.emit(key, &greatest(values));
/// #         Ok(())
/// #     }
/// # }
///
/// /// Keeps the greatest value of each key.
/// struct GreatestSoFar;
///
/// impl Combiner for GreatestSoFar {
///     type Key = [u8];
///     type Value = u64;
///
///     fn combine(
///         &mut self,
///         _: &[u8],
///         values: &mut Values<'_, u64>,
///         out: &mut Combined<'_, u64>,
///     ) -> Result<(), JobError> {
///         let mut greatest = 0;
///         while let Some(value) = values.next() {
///             greatest = greatest.max(value);
///         }
///         out.emit(&greatest);
///         Ok(())
///     }
/// }
///
/// // `Lengths` and `Greatest` are the mapper and the reducer in the example of `Reducer`.
/// let info = JobInfo::new("longest", "finds the longest line of each first letter");
/// let job = define(info).mapper(|| Lengths).reducer(|| Greatest).combiner(|| GreatestSoFar);
/// let outcome = Trial::new(Arc::new(job)).input("a.txt", "tea\nsalt\ntable\n").run()?;
/// assert_eq!(outcome.rows, [("s".into(), "4".into()), ("t".into(), "5".into())]);
/// # Ok::<(), JobError>(())
/// ```
pub trait Combiner: Send {
    /// Type of the mapper's keys.
    type Key: Datum + ?Sized;
    /// Type of the mapper's values.
    type Value: Datum + ?Sized;

    /// Emits values that replace the given values of the key.
    ///
    /// # Errors
    /// An error fails the attempt.
    fn combine(
        &mut self,
        key: <Self::Key as Datum>::View<'_>,
        values: &mut Values<'_, Self::Value>,
        out: &mut Combined<'_, Self::Value>,
    ) -> Result<(), JobError>;
}

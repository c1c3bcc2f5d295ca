//! The mapper of a job: emits keys and values for each record.

use mapreduce_core::{JobError, Record};

use crate::context::TaskContext;
use crate::datum::Datum;
use crate::emit::Emitter;

/// Emits keys and values for each record of the input.
///
/// Each attempt at a map task creates its own mapper. A panic fails the attempt like an error of the current record.
///
/// ```
/// use std::sync::Arc;
///
/// use mapreduce_core::{JobError, Record};
/// use mapreduce_job::testing::Trial;
/// use mapreduce_job::{Emitter, JobInfo, Mapper, define};
///
/// /// Counts the lines that start with each letter.
/// struct FirstLetters;
///
/// impl Mapper for FirstLetters {
///     type Key = [u8];
///     type Value = u64;
///
///     fn map(
///         &mut self,
///         record: &Record<'_>,
///         out: &mut Emitter<'_, '_, [u8], u64>,
///     ) -> Result<(), JobError> {
///         if let Some(letter) = record.bytes().get(..1) {
///             out.emit(letter, &1);
///         }
///         Ok(())
///     }
/// }
///
/// let info = JobInfo::new("first-letters", "counts the lines that start with each letter");
/// let job = define(info).mapper(|| FirstLetters).sum();
/// let outcome = Trial::new(Arc::new(job)).input("a.txt", "tea\nsalt\ntin\n").run()?;
/// assert_eq!(outcome.rows, [("t".into(), "2".into()), ("s".into(), "1".into())]);
/// # Ok::<(), JobError>(())
/// ```
pub trait Mapper: Send {
    /// Type of the keys, by which values are grouped.
    type Key: Datum + ?Sized;
    /// Type of the values, which the reducer receives with their key.
    type Value: Datum + ?Sized;

    /// Prepares the mapper before the first record, for example from the parameters of the job.
    ///
    /// # Errors
    /// An error fails the attempt.
    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        let _ = context;
        Ok(())
    }

    /// Emits the keys and values of a record. They must depend only on the record and the parameters. Otherwise a
    /// repeated attempt would change the result.
    ///
    /// # Errors
    /// An error fails the attempt. The message that users see names the file and the record.
    fn map(
        &mut self,
        record: &Record<'_>,
        out: &mut Emitter<'_, '_, Self::Key, Self::Value>,
    ) -> Result<(), JobError>;

    /// Emits remaining keys and values after the last record, such as totals that the mapper has collected.
    ///
    /// # Errors
    /// An error fails the attempt.
    fn teardown(
        &mut self,
        out: &mut Emitter<'_, '_, Self::Key, Self::Value>,
    ) -> Result<(), JobError> {
        let _ = out;
        Ok(())
    }
}

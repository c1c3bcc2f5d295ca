//! Attempts with their types erased: what is dynamic is called once for a block or a key, not for a record.

use std::any::Any;

use super::{Datum, JobError};
use crate::reader::{ReadError, Records};
use crate::shuffle::{Combiner, PairCollector, RowSink, ShuffleError};
use crate::tokenizer::Word;

/// A mapper at work.
pub trait MapTask {
    /// Reads on by a block of records and maps them; `false` behind the last one.
    ///
    /// # Errors
    /// See [`MapFault`].
    fn batch(&mut self, records: &mut Records<'_>, out: &mut MapSink<'_>)
    -> Result<bool, MapFault>;

    /// After the last batch.
    ///
    /// # Errors
    /// See [`MapFault`].
    fn finish(&mut self, out: &mut MapSink<'_>) -> Result<(), MapFault>;
}

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

/// What keeps a map attempt from going on.
#[derive(Debug)]
pub enum MapFault {
    /// The records cannot be read.
    Read(ReadError),
    /// The job's code failed, or panicked, at the record at this offset in its file, if it is known which.
    Job {
        /// Where the record starts.
        at: Option<u64>,
        /// What went wrong.
        error: JobError,
    },
    /// What was emitted cannot be kept.
    Keep(ShuffleError),
}

/// Takes what a mapper emits.
#[derive(Debug)]
pub struct MapSink<'a> {
    kept: Kept<'a>,
    emitted: u64,
    failed: Option<ShuffleError>,
    key: Vec<u8>,
    value: Vec<u8>,
}

/// Where it is kept.
#[derive(Debug)]
enum Kept<'a> {
    Counts(&'a mut Combiner),
    Pairs(&'a mut PairCollector),
    Keys(&'a mut Vec<Box<[u8]>>),
    Nothing,
}

impl<'a> MapSink<'a> {
    /// Adds counts up.
    pub fn counts(combiner: &'a mut Combiner) -> Self {
        Self::new(Kept::Counts(combiner))
    }

    /// Gathers keys and values.
    pub fn pairs(pairs: &'a mut PairCollector) -> Self {
        Self::new(Kept::Pairs(pairs))
    }

    /// Gathers keys alone: a sample.
    pub fn keys(keys: &'a mut Vec<Box<[u8]>>) -> Self {
        Self::new(Kept::Keys(keys))
    }

    /// Keeps nothing: it matters only whether the mapper gets through.
    pub fn nothing() -> Self {
        Self::new(Kept::Nothing)
    }

    fn new(kept: Kept<'a>) -> Self {
        Self {
            kept,
            emitted: 0,
            failed: None,
            key: Vec::new(),
            value: Vec::new(),
        }
    }

    /// Takes a key and a value. A key that lies in `around` is taken faster.
    #[inline]
    pub(super) fn emit<K: Datum + ?Sized, V: Datum + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
        around: &[u8],
    ) {
        let key = match key.as_bytes() {
            Some(bytes) => bytes,
            None => {
                self.key.clear();
                key.put(&mut self.key);
                &self.key
            }
        };
        match &mut self.kept {
            Kept::Counts(combiner) => {
                let count = value.as_count();
                // A count of nothing is none.
                if count > 0 {
                    combiner.add_key(key, count, around);
                    self.emitted = self.emitted.saturating_add(count);
                }
            }
            Kept::Keys(keys) => keys.push(key.into()),
            Kept::Nothing => {}
            Kept::Pairs(pairs) => {
                let value = match value.as_bytes() {
                    Some(bytes) => bytes,
                    None => {
                        self.value.clear();
                        value.put(&mut self.value);
                        &self.value
                    }
                };
                self.emitted += 1;
                if let Err(error) = pairs.push(key, value) {
                    self.failed.get_or_insert(error);
                }
            }
        }
    }

    /// Takes a key and a value that are bytes already.
    #[inline]
    pub fn push(&mut self, key: &[u8], value: &[u8]) {
        self.emit(key, value, &[]);
    }

    /// Takes a key that is text, and a count of it.
    #[inline]
    pub fn push_count(&mut self, key: &[u8], count: u64) {
        self.emit(key, &count, &[]);
    }

    /// Counts a word.
    #[inline]
    pub(super) fn count(&mut self, word: Word<'_>) {
        match &mut self.kept {
            Kept::Counts(combiner) => {
                self.emitted += 1;
                combiner.add(word);
            }
            Kept::Pairs(_) | Kept::Keys(_) | Kept::Nothing => self.emit(word.bytes(), &1u64, &[]),
        }
    }

    /// What was emitted: pairs, or the sum of the counts.
    pub fn emitted(&self) -> u64 {
        self.emitted
    }

    /// Gives memory back if there is need; tells what has failed since. To be called after every batch.
    ///
    /// # Errors
    /// Those of local files.
    pub fn relieve(&mut self) -> Result<(), ShuffleError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        match &mut self.kept {
            Kept::Counts(combiner) => combiner.relieve(),
            Kept::Pairs(_) | Kept::Keys(_) | Kept::Nothing => Ok(()),
        }
    }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "it said nothing".to_owned())
}

//! Attempts with their types erased: what is dynamic is called once for a block or a key, not for a record.

use super::Datum;
use mapreduce_core::JobError;
use mapreduce_core::Word;
use mapreduce_formats::reader::{ReadError, Records};
use mapreduce_shuffle::{CountCollector, PairCollector, ShuffleError};

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
    Counts(&'a mut CountCollector),
    Pairs(&'a mut PairCollector),
    Keys(&'a mut Vec<Box<[u8]>>),
    Nothing,
}

impl<'a> MapSink<'a> {
    /// Adds counts up.
    pub fn counts(combiner: &'a mut CountCollector) -> Self {
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

//! Type-erased mappers. One dynamic call for each block of records costs little.

use mapreduce_core::{JobError, Word};
use mapreduce_formats::reader::{ReadError, Records};
use mapreduce_shuffle::{CountCollector, PairCollector, ShuffleError};

use crate::datum::Datum;

/// A mapper that runs in an attempt.
pub trait MapTask {
    /// Reads and maps the next block of records. Returns false after the last one.
    ///
    /// # Errors
    /// See [`MapFault`].
    fn batch(&mut self, records: &mut Records<'_>, out: &mut MapSink<'_>)
    -> Result<bool, MapFault>;

    /// Emits the rest after the last block.
    ///
    /// # Errors
    /// See [`MapFault`].
    fn finish(&mut self, out: &mut MapSink<'_>) -> Result<(), MapFault>;
}

/// Failure of a running mapper.
#[derive(Debug)]
pub enum MapFault {
    /// The records cannot be read.
    Read(ReadError),
    /// The job's code failed or panicked.
    Job {
        /// Offset of the current record in its file, in bytes. `None` if the record is unknown.
        at: Option<u64>,
        /// Error of the job.
        error: JobError,
    },
    /// The emitted pairs cannot be stored.
    Spill(ShuffleError),
}

/// Destination of the pairs that a mapper emits.
#[derive(Debug)]
pub struct MapSink<'a> {
    storage: Storage<'a>,
    emitted: u64,
    failed: Option<ShuffleError>,
    key: Vec<u8>,
    value: Vec<u8>,
}

/// Storage of the emitted pairs.
#[derive(Debug)]
enum Storage<'a> {
    Counts(&'a mut CountCollector),
    Pairs(&'a mut PairCollector),
    Keys(&'a mut Vec<Box<[u8]>>),
    Nothing,
}

impl<'a> MapSink<'a> {
    /// Creates a destination that sums counts by key.
    pub fn counts(collector: &'a mut CountCollector) -> Self {
        Self::new(Storage::Counts(collector))
    }

    /// Creates a destination that stores keys and values.
    pub fn pairs(pairs: &'a mut PairCollector) -> Self {
        Self::new(Storage::Pairs(pairs))
    }

    /// Creates a destination that stores only the keys, for a sample.
    pub fn keys(keys: &'a mut Vec<Box<[u8]>>) -> Self {
        Self::new(Storage::Keys(keys))
    }

    /// Creates a destination that drops all pairs, to test whether the mapper succeeds.
    pub fn nothing() -> Self {
        Self::new(Storage::Nothing)
    }

    fn new(storage: Storage<'a>) -> Self {
        Self {
            storage,
            emitted: 0,
            failed: None,
            key: Vec::new(),
            value: Vec::new(),
        }
    }

    /// Emits a key and a value. A key that lies in `around` is copied faster.
    #[inline]
    pub(super) fn emit<K: Datum + ?Sized, V: Datum + ?Sized>(
        &mut self,
        key: &K,
        value: &V,
        around: &[u8],
    ) {
        let key = if let Some(bytes) = key.as_bytes() {
            bytes
        } else {
            self.key.clear();
            key.put(&mut self.key);
            &self.key
        };
        match &mut self.storage {
            Storage::Counts(collector) => {
                let count = value.as_count();
                // A count of 0 must not create a row.
                if count > 0 {
                    collector.add_key(key, count, around);
                    self.emitted = self.emitted.saturating_add(count);
                }
            }
            Storage::Keys(keys) => keys.push(key.into()),
            Storage::Nothing => {}
            Storage::Pairs(pairs) => {
                let value = if let Some(bytes) = value.as_bytes() {
                    bytes
                } else {
                    self.value.clear();
                    value.put(&mut self.value);
                    &self.value
                };
                self.emitted += 1;
                if let Err(error) = pairs.push(key, value) {
                    self.failed.get_or_insert(error);
                }
            }
        }
    }

    /// Emits an encoded key and an encoded value.
    #[inline]
    pub fn push(&mut self, key: &[u8], value: &[u8]) {
        self.emit(key, value, &[]);
    }

    /// Emits a key that is text, and its count.
    #[inline]
    pub fn push_count(&mut self, key: &[u8], count: u64) {
        self.emit(key, &count, &[]);
    }

    /// Emits a word with the count 1.
    #[inline]
    pub(super) fn count(&mut self, word: Word<'_>) {
        match &mut self.storage {
            Storage::Counts(collector) => {
                self.emitted += 1;
                collector.add(word);
            }
            Storage::Pairs(_) | Storage::Keys(_) | Storage::Nothing => {
                self.emit(word.bytes(), &1u64, &[]);
            }
        }
    }

    /// Returns the number of emitted pairs, or the sum of the emitted counts.
    pub fn emitted(&self) -> u64 {
        self.emitted
    }

    /// Spills pairs to local files if memory is short, and returns the error of an earlier spill. Call it after each
    /// block.
    ///
    /// # Errors
    /// A local file cannot be written.
    pub fn spill_if_full(&mut self) -> Result<(), ShuffleError> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        match &mut self.storage {
            Storage::Counts(collector) => collector.spill_if_full(),
            Storage::Pairs(_) | Storage::Keys(_) | Storage::Nothing => Ok(()),
        }
    }
}

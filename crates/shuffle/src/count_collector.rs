//! Map side of counting jobs: counts words and writes a run.

use std::sync::atomic::AtomicBool;

use super::blob::WrittenBlob;
use super::error::ShuffleError;
use super::merge::merge;
use super::spill::Spill;
use super::spool::Scratch;
use crate::blob::BlobWriter;
use crate::entry::BlobKind;
use crate::table::CountTable;
use mapreduce_core::Pairs;
use mapreduce_core::Word;
use mapreduce_core::key::partition;

/// Counter of words in bounded memory. Attempts reuse it one after the other, because clearing the table is cheaper
/// than creating it.
#[derive(Debug)]
pub struct CountCollector {
    scratch: Scratch,
    table: CountTable,
    spills: Vec<Spill>,
}

impl CountCollector {
    /// Creates an empty collector.
    pub fn new(scratch: Scratch) -> Self {
        Self {
            scratch,
            table: CountTable::default(),
            spills: Vec::new(),
        }
    }

    /// Counts a word.
    #[inline]
    pub fn add(&mut self, word: Word<'_>) {
        let (text, len) = word.with_following_bytes();
        self.table.add_prefix(text, len, 1);
    }

    /// Adds `count`, which must not be 0, to the count of `key`. This is faster if `key` is a slice of `around` and not
    /// at its end.
    #[inline]
    pub fn add_key(&mut self, key: &[u8], count: u64, around: &[u8]) {
        match extend_key(key, around) {
            Some(from) => self.table.add_prefix(from, key.len(), count),
            None => self.table.add(key, count),
        }
    }

    /// Spills the table to a local file if it is nearly full. Call it regularly, for example after each block of input.
    ///
    /// # Errors
    /// Errors of the local file.
    pub fn spill_if_full(&mut self) -> Result<(), ShuffleError> {
        // Spill before the table grows, so that its allocation can be reused. The last quarter of the memory is for the
        // output and for memory that the allocator retains.
        if self.table.peak_memory() > self.scratch.memory / 4 * 3 {
            self.spill()?;
        }
        Ok(())
    }

    /// Writes the run of `task` with all counts and clears the collector.
    ///
    /// # Errors
    /// Errors of local files, and [`ShuffleError::Cancelled`] soon after `cancelled` is set.
    pub fn finish_run(
        &mut self,
        task: u32,
        partitions: u32,
        compress: bool,
        cancelled: &AtomicBool,
    ) -> Result<WrittenBlob, ShuffleError> {
        if !self.spills.is_empty() {
            self.spill()?;
        }
        let limit = self.scratch.memory / 4;
        let mut run = BlobWriter::new(
            BlobKind::Run,
            task,
            partitions,
            compress,
            limit,
            &self.scratch,
        )?;
        if self.spills.is_empty() {
            let mut outcome = Ok(());
            self.table.each_sorted(|hash, key, count| {
                if outcome.is_ok() {
                    outcome = run.push(partition(hash, partitions), key, count);
                }
            });
            outcome?;
        } else {
            self.merge_spills(cancelled, |hash, key, count| {
                Ok(run.push(partition(hash, partitions), key, count)?)
            })?;
        }
        self.clear();
        Ok(run.finish()?)
    }

    /// Returns all counts in memory and clears the collector.
    ///
    /// # Errors
    /// See [`CountCollector::finish_run`].
    pub fn finish_pairs(&mut self, cancelled: &AtomicBool) -> Result<Pairs, ShuffleError> {
        let mut pairs = Pairs::default();
        if self.spills.is_empty() {
            pairs = self.table.pairs();
        } else {
            self.spill()?;
            self.merge_spills(cancelled, |_, key, count| {
                pairs.push(key, count);
                Ok(())
            })?;
        }
        self.clear();
        Ok(pairs)
    }

    /// Discards all counts.
    pub fn clear(&mut self) {
        self.spills.clear();
        if self.table.memory() > self.scratch.memory / 2 {
            // The table grew more than expected. Replace it to free the memory for the next attempt.
            self.table = CountTable::default();
        } else {
            self.table.clear();
        }
    }

    fn spill(&mut self) -> Result<(), ShuffleError> {
        let table = &mut self.table;
        let spill = Spill::write(&self.scratch, |blob| {
            let mut outcome = Ok(());
            table.each_sorted(|_, key, count| {
                if outcome.is_ok() {
                    outcome = blob.push(0, key, count);
                }
            });
            Ok(outcome?)
        })?;
        self.spills.push(spill);
        let spills = std::mem::take(&mut self.spills);
        self.clear();
        self.spills = spills;
        Ok(())
    }

    fn merge_spills(
        &self,
        cancelled: &AtomicBool,
        each: impl FnMut(u64, &[u8], u64) -> Result<(), ShuffleError>,
    ) -> Result<(), ShuffleError> {
        let mut sections = Spill::open(&self.spills, self.scratch.memory / 4)?;
        let records = self.spills.iter().map(Spill::records).sum();
        let mut table = CountTable::default();
        merge(
            &mut sections,
            0..=u64::MAX,
            records,
            &mut table,
            cancelled,
            each,
        )
    }
}

/// Returns `around` from the start of `key` on, if `key` is a slice of `around`. Compares addresses, not bytes.
#[inline]
fn extend_key<'a>(key: &[u8], around: &'a [u8]) -> Option<&'a [u8]> {
    let at = key.as_ptr().addr().wrapping_sub(around.as_ptr().addr());
    let rest = around.get(at..)?;
    (rest.len() >= key.len()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_inside_a_text_is_extended_to_the_end_of_the_text() {
        let text = b"to be or not to be".to_vec();
        assert_eq!(extend_key(&text[3..5], &text), Some(&text[3..]));
        assert_eq!(extend_key(&text[16..], &text), Some(&b"be"[..]));
        assert_eq!(extend_key(&text[18..], &text), Some(&b""[..]));
        // Equal bytes at another address, and slices that exceed the text at either end.
        assert_eq!(extend_key(&text.clone()[3..5], &text), None);
        assert_eq!(extend_key(&text[3..5], &text[4..]), None);
        assert_eq!(extend_key(&text[3..5], &text[..4]), None);
        assert_eq!(extend_key(&text[3..5], &[]), None);
    }

    #[test]
    fn a_full_table_is_spilled_before_it_exceeds_its_memory() {
        let memory = 4 << 20;
        let folder = None;
        let mut combiner = CountCollector::new(Scratch { memory, folder });
        let mut most = 0;
        for number in 0..400_000u32 {
            let word = format!("word{number}");
            combiner.add(Word::prefix(word.as_bytes(), word.len()));
            most = most.max(combiner.table.memory());
            if number % 1000 == 0 {
                combiner.spill_if_full().unwrap();
            }
        }
        assert!(combiner.spills.len() > 1 && most <= memory / 2, "{most}");
        let run = combiner.finish_run(0, 1, false, &AtomicBool::new(false));
        assert_eq!(run.unwrap().records, 400_000);
    }
}

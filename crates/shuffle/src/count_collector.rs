//! The map side: words in, a run out.

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

/// Counts words in bounded memory. Serves many attempts, one after the other: making its table costs more
/// than clearing it.
#[derive(Debug)]
pub struct CountCollector {
    scratch: Scratch,
    table: CountTable,
    spills: Vec<Spill>,
}

impl CountCollector {
    /// An empty one.
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
        let (text, len) = word.with_rest();
        self.table.add_prefix(text, len, 1);
    }

    /// Adds `count`, which is not 0, to the count of `key`; faster if it is a part of `around`, and not at its end.
    #[inline]
    pub fn add_key(&mut self, key: &[u8], count: u64, around: &[u8]) {
        match with_rest(key, around) {
            Some(from) => self.table.add_prefix(from, key.len(), count),
            None => self.table.add(key, count),
        }
    }

    /// Spills if the table would not bear much more; to be called now and then.
    ///
    /// # Errors
    /// Those of the local file.
    pub fn relieve(&mut self) -> Result<(), ShuffleError> {
        // Before it grows, not after: a table that stays as it is need not be made again for what follows.
        // The rest of the memory is for the output and for what the allocator keeps.
        if self.table.memory_soon() > self.scratch.memory / 4 * 3 {
            self.spill()?;
        }
        Ok(())
    }

    /// The run of `task` with all that was counted, which is forgotten then.
    ///
    /// # Errors
    /// Those of local files, and [`ShuffleError::Cancelled`] soon after `cancelled` is set.
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

    /// All that was counted, in memory, which is forgotten then.
    ///
    /// # Errors
    /// As for [`CountCollector::finish_run`].
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

    /// Forgets all that was counted.
    pub fn clear(&mut self) {
        self.spills.clear();
        if self.table.memory() > self.scratch.memory / 2 {
            // It grew by more than was foreseen.
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

/// What `around` holds from the start of `key` on, if `key` is a part of it: the same place in memory.
#[inline]
fn with_rest<'a>(key: &[u8], around: &'a [u8]) -> Option<&'a [u8]> {
    let at = key.as_ptr().addr().wrapping_sub(around.as_ptr().addr());
    let rest = around.get(at..)?;
    (rest.len() >= key.len()).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_with_its_rest_in_the_text_that_it_is_a_part_of() {
        let text = b"to be or not to be".to_vec();
        assert_eq!(with_rest(&text[3..5], &text), Some(&text[3..]));
        assert_eq!(with_rest(&text[16..], &text), Some(&b"be"[..]));
        assert_eq!(with_rest(&text[18..], &text), Some(&b""[..]));
        // Equal, but elsewhere; and beyond either end.
        assert_eq!(with_rest(&text.clone()[3..5], &text), None);
        assert_eq!(with_rest(&text[3..5], &text[4..]), None);
        assert_eq!(with_rest(&text[3..5], &text[..4]), None);
        assert_eq!(with_rest(&text[3..5], &[]), None);
    }

    #[test]
    fn a_full_table_is_spilled_before_it_grows_beyond_its_share_of_the_memory() {
        let memory = 4 << 20;
        let folder = None;
        let mut combiner = CountCollector::new(Scratch { memory, folder });
        let mut most = 0;
        for number in 0..400_000u32 {
            let word = format!("word{number}");
            combiner.add(Word::prefix(word.as_bytes(), word.len()));
            most = most.max(combiner.table.memory());
            if number % 1000 == 0 {
                combiner.relieve().unwrap();
            }
        }
        assert!(combiner.spills.len() > 1 && most <= memory / 2, "{most}");
        let run = combiner.finish_run(0, 1, false, &AtomicBool::new(false));
        assert_eq!(run.unwrap().records, 400_000);
    }
}

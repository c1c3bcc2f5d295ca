//! Reduce side of counting jobs: merges the sections of a partition and writes its partition result.

use std::sync::atomic::AtomicBool;

use super::blob::WrittenBlob;
use super::count_rows::CountRows;
use super::error::ShuffleError;
use super::merge::{hash_range, merge};
use super::range_source::RangeSource;
use super::section::Section;
use super::spill::Spill;
use super::spool::Scratch;
use crate::blob::BlobWriter;
use crate::entry::{BlobKind, SectionEntry};
use crate::table::CountTable;

/// Configuration of a reduce attempt.
#[derive(Debug)]
pub struct CountReduce<'a> {
    /// Index of the reduce task in the plan.
    pub task: u32,
    /// Partition to reduce.
    pub partition: u32,
    /// Number of partitions.
    pub partitions: u32,
    /// Maximum number of rows of the result.
    pub top: Option<u64>,
    /// True if the partition result is compressed.
    pub compress: bool,
    /// Memory limit and folder for local files.
    pub scratch: &'a Scratch,
    /// Flag that cancels the attempt.
    pub cancelled: &'a AtomicBool,
}

/// A section of a run, with the source to read it from.
pub struct RunSection {
    /// Map task that wrote the run.
    pub task: u32,
    /// Index entry of the section.
    pub entry: SectionEntry,
    /// Bytes of the run.
    pub source: Box<dyn RangeSource + Send>,
}

/// Merged counts of a partition.
#[derive(Debug)]
pub struct Merged {
    /// Rows of the partition; fewer than its keys if `top` limits them.
    pub rows: CountRows,
    /// Number of distinct keys in the partition.
    pub keys: u64,
    /// Sum of the counts of all keys.
    pub sum: u64,
}

/// Output of a reduce attempt for the master.
#[derive(Debug)]
pub struct Reduced {
    /// Partition result. It has fewer rows than the partition has keys if `top` limits them.
    pub partition_result: WrittenBlob,
    /// Number of distinct keys in the partition.
    pub keys: u64,
    /// Sum of the counts of all keys.
    pub sum: u64,
}

/// Minimum memory for an open section, in bytes: one fetch and one block.
const MIN_FETCH: usize = 64 << 10;

impl CountReduce<'_> {
    /// Adds up the counts of all `sections`. [`ShuffleError::Lost`] names a section by its index in the list.
    ///
    /// This call is CPU-bound and blocks on the sources of the sections. Do not call it on an async thread.
    ///
    /// # Errors
    /// See [`ShuffleError`].
    pub fn merge(&self, sections: Vec<RunSection>) -> Result<Merged, ShuffleError> {
        let mut rows = CountRows::new(self.scratch, self.top);
        let (mut keys, mut sum) = (0, 0u64);
        self.each_key(sections, |_, key, count| {
            keys += 1;
            sum = sum.saturating_add(count);
            rows.push(key, count)
        })?;
        Ok(Merged { rows, keys, sum })
    }

    /// Writes the partition result of merged counts, in the order of the result. This call is CPU-bound.
    ///
    /// # Errors
    /// Errors of local files, and [`ShuffleError::Cancelled`].
    pub fn pack(&self, merged: Merged) -> Result<Reduced, ShuffleError> {
        let Merged { rows, keys, sum } = merged;
        let limit = self.scratch.memory / 4;
        let mut result = BlobWriter::new(
            BlobKind::PartitionResult,
            self.task,
            1,
            self.compress,
            limit,
            self.scratch,
        )?;
        rows.each_sorted(self.cancelled, |key, count| Ok(result.push(0, key, count)?))?;
        let partition_result = result.finish()?;
        Ok(Reduced {
            partition_result,
            keys,
            sum,
        })
    }

    /// Merges `sections` and writes the partition result.
    ///
    /// # Errors
    /// See [`CountReduce::merge`] and [`CountReduce::pack`].
    pub fn run(&self, sections: Vec<RunSection>) -> Result<Reduced, ShuffleError> {
        self.pack(self.merge(sections)?)
    }

    fn each_key(
        &self,
        sections: Vec<RunSection>,
        each: impl FnMut(u64, &[u8], u64) -> Result<(), ShuffleError>,
    ) -> Result<(), ShuffleError> {
        let mut table = CountTable::default();
        let memory = self.scratch.memory / 4;
        let max_open = (memory / MIN_FETCH).max(2);
        let fetch = memory / sections.len().clamp(1, max_open);
        let records = sections.iter().map(|section| section.entry.records);
        let records = records.fold(0, u64::saturating_add);
        let mut open: Vec<_> = sections
            .into_iter()
            .enumerate()
            .map(|(number, run)| {
                let location = (BlobKind::Run, run.task, self.partition);
                Section::new(run.source, &run.entry, location, fetch, number)
            })
            .collect();
        let hashes = hash_range(self.partition, self.partitions);
        if open.len() <= max_open {
            return merge(&mut open, hashes, records, &mut table, self.cancelled, each);
        }
        // There is too little memory to read all sections at once. Merge batches of them into spills first.
        let mut spills = Vec::new();
        for batch in open.chunks_mut(max_open) {
            spills.push(self.spill(batch, records, &mut table)?);
        }
        self.merge_spills(&spills, &mut table, each)
    }

    fn spill(
        &self,
        batch: &mut [Section],
        records: u64,
        table: &mut CountTable,
    ) -> Result<Spill, ShuffleError> {
        let hashes = hash_range(self.partition, self.partitions);
        let cancelled = self.cancelled;
        Spill::write(self.scratch, |blob| {
            let push = |_, key: &[u8], count| Ok(blob.push(0, key, count)?);
            merge(batch, hashes, records, table, cancelled, push)
        })
    }

    fn merge_spills(
        &self,
        spills: &[Spill],
        table: &mut CountTable,
        each: impl FnMut(u64, &[u8], u64) -> Result<(), ShuffleError>,
    ) -> Result<(), ShuffleError> {
        let mut sections = Spill::open(spills, self.scratch.memory / 4)?;
        let hashes = hash_range(self.partition, self.partitions);
        let records = spills.iter().map(Spill::records).sum();
        let merged = merge(&mut sections, hashes, records, table, self.cancelled, each);
        merged.map_err(ShuffleError::of_spills)
    }
}

impl std::fmt::Debug for RunSection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunSection")
            .field("task", &self.task)
            .field("entry", &self.entry)
            .finish_non_exhaustive()
    }
}

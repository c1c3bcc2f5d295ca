//! The reduce side: the sections of a partition in, its rows out, packed as a part if they go on to the master.

use std::sync::atomic::AtomicBool;

use super::blob::WrittenBlob;
use super::count_rows::CountRows;
use super::error::ShuffleError;
use super::merge::{hashes, merge};
use super::range_source::RangeSource;
use super::section::Section;
use super::spill::Spill;
use super::spool::Scratch;
use crate::blob::BlobWriter;
use crate::entry::{BlobKind, Entry};
use crate::table::CountTable;

/// A reduce attempt.
#[derive(Debug)]
pub struct CountReduce<'a> {
    /// Its place in the plan.
    pub task: u32,
    /// Which partition it reduces.
    pub partition: u32,
    /// Number of partitions.
    pub partitions: u32,
    /// If given, only so many rows are wanted in the result.
    pub top: Option<u64>,
    /// Whether its part is compressed.
    pub compress: bool,
    /// Memory and local files.
    pub scratch: &'a Scratch,
    /// Set to make it stop.
    pub cancelled: &'a AtomicBool,
}

/// The section of a run, and where it is.
pub struct RunSection {
    /// The map task that wrote the run.
    pub task: u32,
    /// Where the section lies in it.
    pub entry: Entry,
    /// The run.
    pub source: Box<dyn RangeSource + Send>,
}

/// A partition, added up.
#[derive(Debug)]
pub struct Merged {
    /// Its rows; fewer than there are keys if only the top is wanted.
    pub rows: CountRows,
    /// Number of different keys in the partition.
    pub keys: u64,
    /// Sum of the counts of all of them.
    pub sum: u64,
}

/// What a reduce attempt gives to the master.
#[derive(Debug)]
pub struct Reduced {
    /// The part, with fewer rows than there are keys if only the top is wanted.
    pub part: WrittenBlob,
    /// Number of different keys in the partition.
    pub keys: u64,
    /// Sum of the counts of all of them.
    pub sum: u64,
}

/// Least memory for a section that is being read, in bytes: a fetch, and a block beside it.
const LEAST_FETCH: usize = 64 << 10;

impl CountReduce<'_> {
    /// Adds up the counts of all `sections`. CPU-bound, and waits for the sections' sources: not for async
    /// threads. [`ShuffleError::Lost`] names sections by their place in the list.
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

    /// Packs what was merged, in the order of the result. CPU-bound.
    ///
    /// # Errors
    /// Those of local files, and [`ShuffleError::Cancelled`].
    pub fn pack(&self, merged: Merged) -> Result<Reduced, ShuffleError> {
        let Merged { rows, keys, sum } = merged;
        let limit = self.scratch.memory / 4;
        let mut part = BlobWriter::new(
            BlobKind::Part,
            self.task,
            1,
            self.compress,
            limit,
            self.scratch,
        )?;
        rows.each_sorted(self.cancelled, |key, count| Ok(part.push(0, key, count)?))?;
        let part = part.finish()?;
        Ok(Reduced { part, keys, sum })
    }

    /// Merges `sections` and packs them.
    ///
    /// # Errors
    /// As the two of them.
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
        let at_once = (memory / LEAST_FETCH).max(2);
        let fetch = memory / sections.len().clamp(1, at_once);
        let records = sections.iter().map(|section| section.entry.records);
        let records = records.fold(0, u64::saturating_add);
        let mut open: Vec<_> = sections
            .into_iter()
            .enumerate()
            .map(|(number, run)| {
                let place = (BlobKind::Run, run.task, self.partition);
                Section::new(run.source, &run.entry, place, fetch, number)
            })
            .collect();
        let hashes = hashes(self.partition, self.partitions);
        if open.len() <= at_once {
            return merge(&mut open, hashes, records, &mut table, self.cancelled, each);
        }
        // More sections than can be read at the same time: some after the others, each lot into a spill.
        let mut spills = Vec::new();
        for lot in open.chunks_mut(at_once) {
            spills.push(self.spill(lot, records, &mut table)?);
        }
        self.merge_spills(&spills, &mut table, each)
    }

    fn spill(
        &self,
        lot: &mut [Section],
        records: u64,
        table: &mut CountTable,
    ) -> Result<Spill, ShuffleError> {
        let hashes = hashes(self.partition, self.partitions);
        let cancelled = self.cancelled;
        Spill::write(self.scratch, |blob| {
            let push = |_, key: &[u8], count| Ok(blob.push(0, key, count)?);
            merge(lot, hashes, records, table, cancelled, push)
        })
    }

    fn merge_spills(
        &self,
        spills: &[Spill],
        table: &mut CountTable,
        each: impl FnMut(u64, &[u8], u64) -> Result<(), ShuffleError>,
    ) -> Result<(), ShuffleError> {
        let mut sections = Spill::open(spills, self.scratch.memory / 4)?;
        let hashes = hashes(self.partition, self.partitions);
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

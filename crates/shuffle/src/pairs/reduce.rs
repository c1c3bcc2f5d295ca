//! Reduce side: merges the sections of a partition and calls the reducer.

use std::io;
use std::sync::atomic::AtomicBool;

use super::group::{JobCode, each_group};
use super::merge::Merge;
use super::reduce_task::ReduceTask;
use super::rows::RowSink;
use super::spill::{self, Spill};
use crate::count_reduce::RunSection;
use crate::entry::BlobKind;
use crate::error::{PairError, ShuffleError};
use crate::section::Section;
use crate::spool::Scratch;

/// Configuration of a reduce attempt.
#[derive(Debug)]
pub struct PairReduce<'a> {
    /// Partition to reduce.
    pub partition: u32,
    /// If true, the values of a key are sorted by their bytes; otherwise they are in the order of the sections.
    pub sort_values: bool,
    /// Memory limit and folder for local files.
    pub scratch: &'a Scratch,
    /// Flag that cancels the attempt.
    pub cancelled: &'a AtomicBool,
}

/// Input statistics of a reduce attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReduceInputStats {
    /// Number of pairs in all sections.
    pub pairs: u64,
    /// Number of distinct keys.
    pub keys: u64,
}

const REDUCER: JobCode = JobCode("the reducer");

impl PairReduce<'_> {
    /// Calls `reducer` with the groups of all `sections`, which must be in the order of their map tasks.
    ///
    /// This call is CPU-bound and blocks on the sources of the sections. Do not call it on an async thread.
    ///
    /// # Errors
    /// [`PairError::Job`] is the error of the reducer, with the key. [`ShuffleError::Lost`] names a section by its index
    /// in the list.
    pub fn run(
        &self,
        sections: Vec<RunSection>,
        reducer: &mut dyn ReduceTask,
        out: &mut RowSink,
    ) -> Result<ReduceInputStats, PairError> {
        let memory = self.scratch.memory / 4;
        let max_open = spill::max_open(memory);
        let fetch = memory / sections.len().clamp(1, max_open);
        let open = |(number, run): (usize, RunSection)| {
            let location = (BlobKind::PairRun, run.task, self.partition);
            Section::new(run.source, &run.entry, location, fetch, number)
        };
        // Skip empty sections. A map task has pairs for most partitions, but not always for all.
        let non_empty = sections.into_iter().enumerate();
        let non_empty = non_empty.filter(|(_, run)| run.entry.records > 0 || run.entry.len > 0);
        let mut open: Vec<_> = non_empty.map(open).collect();
        if open.len() <= max_open {
            return self.reduce(&mut open, reducer, out);
        }
        // There is too little memory to read all sections at once. Merge batches of them into spills first.
        let batches = open.chunks_mut(max_open).map(|batch| self.spill(batch));
        let mut spills = batches.collect::<Result<Vec<_>, _>>()?;
        drop(open);
        let open = |batch: &[Spill]| {
            let fetch = spill::fetch(memory, batch.len());
            let sections = batch.iter().map(|spill| spill.section(0, fetch));
            sections.collect::<io::Result<Vec<_>>>()
        };
        while spills.len() > max_open {
            let batches = spills.chunks(max_open);
            let batches = batches.map(|batch| {
                self.spill(&mut open(batch)?)
                    .map_err(ShuffleError::of_spills)
            });
            spills = batches.collect::<Result<_, _>>()?;
        }
        let reduced = self.reduce(&mut open(&spills)?, reducer, out);
        reduced.map_err(PairError::of_spills)
    }

    fn reduce(
        &self,
        sections: &mut [Section],
        reducer: &mut dyn ReduceTask,
        out: &mut RowSink,
    ) -> Result<ReduceInputStats, PairError> {
        let mut merge = Merge::new(sections, self.sort_values, self.cancelled)?;
        let keys = REDUCER.guard(|state| {
            each_group(&mut merge, state, |key, values| {
                Ok(reducer.group(key, values, out)?)
            })
        })?;
        let pairs = merge.pairs();
        REDUCER.guard_end(|| reducer.finish(out))?;
        Ok(ReduceInputStats { pairs, keys })
    }

    /// Merges a batch of sections into one spill.
    fn spill(&self, batch: &mut [Section]) -> Result<Spill, ShuffleError> {
        let mut writer = spill::writer(self.scratch, 1, false, 0)?;
        let mut merge = Merge::new(batch, self.sort_values, self.cancelled)?;
        while !merge.is_exhausted() {
            let (key, value) = merge.pair();
            writer.push_pair(0, key, [value, b""])?;
            merge.advance()?;
        }
        Spill::finish(writer)
    }
}

//! The reduce side: the sections of a partition in, rows out.

use std::io;
use std::sync::atomic::AtomicBool;

use super::group::{Halt, Outcome, Who, each_group};
use super::merge::Merge;
use super::reduce_task::ReduceTask;
use super::rows::RowSink;
use super::spill::{self, Spill};
use crate::count_reduce::RunSection;
use crate::entry::BlobKind;
use crate::error::ShuffleError;
use crate::section::Section;
use crate::spool::Scratch;
use mapreduce_core::JobError;

/// A reduce attempt.
#[derive(Debug)]
pub struct PairReduce<'a> {
    /// Which partition it reduces.
    pub partition: u32,
    /// Whether the values of a key are sorted by their bytes; otherwise they come in the order of the sections.
    pub sort_values: bool,
    /// Memory and local files.
    pub scratch: &'a Scratch,
    /// Set to make it stop.
    pub cancelled: &'a AtomicBool,
}

/// What a reduce attempt has read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PairReduced {
    /// Pairs in all sections.
    pub pairs: u64,
    /// Different keys.
    pub keys: u64,
}

const REDUCER: Who = Who("the reducer");

impl PairReduce<'_> {
    /// Gives the groups of all `sections`, which are in the order of their map tasks, to `reducer`. CPU-bound, and
    /// waits for the sections' sources: not for async threads.
    ///
    /// # Errors
    /// The inner error is the reducer's; the key is named. [`ShuffleError::Lost`] names sections by their place
    /// in the list.
    pub fn run(
        &self,
        sections: Vec<RunSection>,
        reducer: &mut dyn ReduceTask,
        out: &mut RowSink,
    ) -> Result<Result<PairReduced, JobError>, ShuffleError> {
        let memory = self.scratch.memory / 4;
        let at_once = spill::at_once(memory);
        let fetch = memory / sections.len().clamp(1, at_once);
        let open = |(number, run): (usize, RunSection)| {
            let place = (BlobKind::PairRun, run.task, self.partition);
            Section::new(run.source, &run.entry, place, fetch, number)
        };
        // Most map tasks have something for every partition; those that have not cost nothing.
        let there = sections.into_iter().enumerate();
        let there = there.filter(|(_, run)| run.entry.records > 0 || run.entry.len > 0);
        let mut open: Vec<_> = there.map(open).collect();
        if open.len() <= at_once {
            return self.reduce(&mut open, reducer, out);
        }
        // More sections than can be read at the same time: some after the others, each lot into a spill.
        let lots = open.chunks_mut(at_once).map(|lot| self.spill(lot));
        let mut spills = lots.collect::<Result<Vec<_>, _>>()?;
        drop(open);
        let open = |lot: &[Spill]| {
            let fetch = spill::fetch(memory, lot.len());
            let sections = lot.iter().map(|spill| spill.section(0, fetch));
            sections.collect::<io::Result<Vec<_>>>()
        };
        while spills.len() > at_once {
            let lots = spills.chunks(at_once);
            let lots = lots.map(|lot| self.spill(&mut open(lot)?).map_err(ShuffleError::of_spills));
            spills = lots.collect::<Result<_, _>>()?;
        }
        let reduced = self.reduce(&mut open(&spills)?, reducer, out);
        reduced.map_err(ShuffleError::of_spills)
    }

    fn reduce(
        &self,
        sections: &mut [Section],
        reducer: &mut dyn ReduceTask,
        out: &mut RowSink,
    ) -> Outcome<PairReduced> {
        let mut merge = Merge::new(sections, self.sort_values, self.cancelled)?;
        let keys = REDUCER.guard(|hand| {
            each_group(&mut merge, hand, |key, values| {
                reducer.group(key, values, out).map_err(Halt::Job)
            })
        })?;
        let keys = match keys {
            Ok(keys) => keys,
            Err(error) => return Ok(Err(error)),
        };
        let pairs = merge.pairs();
        let ended = REDUCER.guard_end(|| reducer.finish(out));
        Ok(ended.map(|()| PairReduced { pairs, keys }))
    }

    /// The pairs of a `lot` of sections in one.
    fn spill(&self, lot: &mut [Section]) -> Result<Spill, ShuffleError> {
        let mut writer = spill::writer(self.scratch, 1, false, 0)?;
        let mut merge = Merge::new(lot, self.sort_values, self.cancelled)?;
        while !merge.is_over() {
            let (key, value) = merge.pair();
            writer.push_pair(0, key, [value, b""])?;
            merge.advance()?;
        }
        Spill::finish(writer)
    }
}

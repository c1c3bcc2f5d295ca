//! External merge sort: spills sorted pairs, merges the spills and combines values.

use std::sync::atomic::AtomicBool;

use super::group::{GroupError, GroupState, JobCode, Outcome, each_group};
use super::merge::Merge;
use super::sorter::{SortOptions, Sorter};
use super::spill::{self, Spill};
use crate::blob::{BlobWriter, WrittenBlob};
use crate::combine_task::{CombineTask, RawValues};
use crate::entry::BlobKind;
use crate::error::ShuffleError;
use crate::section::Section;
use crate::spool::Scratch;

/// Combiner, if the job has one.
pub(super) type Combine<'a> = Option<&'a mut dyn CombineTask>;

const COMBINER: JobCode = JobCode("the combiner");
static NOT_CANCELLED: AtomicBool = AtomicBool::new(false);

/// Sorts the pairs in memory and moves them to a local file.
pub(super) fn spill(sorter: &mut Sorter, combine: Combine<'_>) -> Outcome<()> {
    if sorter.is_empty() {
        return Ok(Ok(()));
    }
    sorter.sort();
    let mut writer = sorter.spill_writer()?;
    if let Err(error) = write(sorter, &mut writer, combine, &NOT_CANCELLED)? {
        return Ok(Err(error));
    }
    sorter.spills.push(Spill::finish(writer)?);
    sorter.clear();
    Ok(Ok(()))
}

/// Writes all pairs to a blob of `task`.
pub(super) fn finish(
    mut sorter: Sorter,
    kind: BlobKind,
    task: u32,
    mut combine: Combine<'_>,
    cancelled: &AtomicBool,
) -> Outcome<WrittenBlob> {
    if !sorter.spills.is_empty()
        && let Err(error) = spill(&mut sorter, reborrow(&mut combine))?
    {
        return Ok(Err(error));
    }
    let SortOptions {
        partitions,
        compress,
        ..
    } = sorter.options;
    let limit = sorter.scratch.memory / 4;
    let mut blob = BlobWriter::new(kind, task, partitions, compress, limit, &sorter.scratch)?;
    let written = if sorter.spills.is_empty() {
        sorter.sort();
        write(&sorter, &mut blob, combine, cancelled)?
    } else {
        sorter.free_memory();
        if let Err(error) = reduce_spills(&mut sorter, reborrow(&mut combine), cancelled)? {
            return Ok(Err(error));
        }
        merge_batch(&sorter, &sorter.spills, &mut blob, combine, cancelled)?
    };
    Ok(match written {
        Ok(()) => Ok(blob.finish()?),
        Err(error) => Err(error),
    })
}

fn reborrow<'b>(combine: &'b mut Combine<'_>) -> Combine<'b> {
    match combine {
        Some(task) => Some(&mut **task),
        None => None,
    }
}

/// Writes the pairs in the memory of `sorter`. They must be sorted.
fn write(
    sorter: &Sorter,
    blob: &mut BlobWriter,
    combine: Combine<'_>,
    cancelled: &AtomicBool,
) -> Outcome<()> {
    if cancelled.load(std::sync::atomic::Ordering::Relaxed) {
        return Err(ShuffleError::Cancelled);
    }
    let Some(combine) = combine else {
        return Ok(Ok(sorter.write(blob)?));
    };
    COMBINER.guard(|state| {
        let mut combined = CombinedOutput::new(sorter, blob);
        let mut values = InMemoryValues {
            sorter,
            next: 0,
            end: 0,
        };
        while values.next < sorter.len() {
            let start = values.next;
            let key = sorter.pair(start).0;
            state.key.clear();
            state.key.extend_from_slice(key);
            let partition = sorter.partition(start);
            let same =
                |nth: &usize| sorter.partition(*nth) == partition && sorter.pair(*nth).0 == key;
            values.end = (start + 1..sorter.len()).take_while(same).count() + start + 1;
            combined.group(combine, partition, key, &mut values)?;
            values.next = values.end;
        }
        Ok(())
    })
}

/// Iterator over the values of a key in memory.
struct InMemoryValues<'a> {
    sorter: &'a Sorter,
    next: usize,
    end: usize,
}

impl RawValues for InMemoryValues<'_> {
    fn next(&mut self) -> Option<&[u8]> {
        let nth = (self.next < self.end).then_some(self.next)?;
        self.next += 1;
        Some(self.sorter.pair(nth).1)
    }
}

/// Merges consecutive spills until the memory suffices to read all of them at once.
fn reduce_spills(
    sorter: &mut Sorter,
    mut combine: Combine<'_>,
    cancelled: &AtomicBool,
) -> Outcome<()> {
    let max_open = spill::max_open(sorter.scratch.memory / 2);
    while sorter.spills.len() > max_open {
        let mut fewer = Vec::new();
        let all = std::mem::take(&mut sorter.spills);
        for batch in all.chunks(max_open) {
            let mut writer = sorter.spill_writer()?;
            let combine = reborrow(&mut combine);
            if let Err(error) = merge_batch(sorter, batch, &mut writer, combine, cancelled)? {
                return Ok(Err(error));
            }
            fewer.push(Spill::finish(writer)?);
        }
        sorter.spills = fewer;
    }
    Ok(Ok(()))
}

/// Merges the consecutive spills `batch` into `blob`.
fn merge_batch(
    sorter: &Sorter,
    batch: &[Spill],
    blob: &mut BlobWriter,
    mut combine: Combine<'_>,
    cancelled: &AtomicBool,
) -> Outcome<()> {
    let open = batch.iter().map(Spill::open);
    let open = open.collect::<std::io::Result<Vec<_>>>()?;
    let fetch = spill::fetch(sorter.scratch.memory / 4, batch.len());
    for partition in 0..sorter.options.partitions {
        let non_empty = (0..batch.len()).filter(|nth| batch[*nth].records(partition) > 0);
        let mut sections: Vec<_> = non_empty
            .map(|nth| open[nth].section(partition, fetch, nth))
            .collect();
        let combine = reborrow(&mut combine);
        let merged = merge_partition(sorter, partition, &mut sections, blob, combine, cancelled);
        if let Err(error) = merged.map_err(ShuffleError::of_spills)? {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

fn merge_partition(
    sorter: &Sorter,
    partition: u32,
    sections: &mut [Section],
    blob: &mut BlobWriter,
    combine: Combine<'_>,
    cancelled: &AtomicBool,
) -> Outcome<()> {
    let mut merge = Merge::new(sections, sorter.options.sort_values, cancelled)?;
    let Some(combine) = combine else {
        while !merge.is_exhausted() {
            let (key, value) = merge.pair();
            blob.push_pair(partition, key, [value, b""])?;
            merge.advance()?;
        }
        return Ok(Ok(()));
    };
    COMBINER.guard(|state: &mut GroupState| {
        let mut combined = CombinedOutput::new(sorter, blob);
        each_group(&mut merge, state, |key, values| {
            combined.group(combine, partition, key, values)
        })?;
        Ok(())
    })
}

/// Writer of combined values.
struct CombinedOutput<'a> {
    blob: &'a mut BlobWriter,
    /// Sorter of the combined values, if values must be sorted. A combiner may return them in any order.
    values: Option<Sorter>,
}

impl<'a> CombinedOutput<'a> {
    fn new(sorter: &Sorter, blob: &'a mut BlobWriter) -> Self {
        let values = sorter.options.sort_values.then(|| {
            let scratch = Scratch {
                memory: sorter.scratch.memory / 8,
                folder: sorter.scratch.folder.clone(),
            };
            let options = SortOptions {
                partitions: 1,
                sort_values: false,
                compress: sorter.options.compress,
            };
            Sorter::new(scratch, options)
        });
        Self { blob, values }
    }

    /// Combines the values of a key and writes the result.
    fn group(
        &mut self,
        combine: &mut dyn CombineTask,
        partition: u32,
        key: &[u8],
        values: &mut dyn RawValues,
    ) -> Result<(), GroupError> {
        let (mut failed, blob, sorted) = (None, &mut *self.blob, &mut self.values);
        let mut put = |value: &[u8]| {
            let kept = match sorted {
                None => blob
                    .push_pair(partition, key, [value, b""])
                    .map_err(Into::into),
                Some(sorted) => push(sorted, 0, value, [b"", b""]),
            };
            if let Err(error) = kept {
                failed.get_or_insert(error);
            }
        };
        let outcome = combine.combine(key, values, &mut put);
        if let Some(error) = failed {
            return Err(GroupError::Shuffle(error));
        }
        outcome.map_err(GroupError::Job)?;
        self.write_sorted(partition, key)
            .map_err(GroupError::Shuffle)
    }

    /// Writes the values of a key in sorted order.
    fn write_sorted(&mut self, partition: u32, key: &[u8]) -> Result<(), ShuffleError> {
        let Some(sorted) = &mut self.values else {
            return Ok(());
        };
        if sorted.spills.is_empty() {
            sorted.sort();
            for nth in 0..sorted.len() {
                let value = sorted.pair(nth).0;
                self.blob.push_pair(partition, key, [value, b""])?;
            }
            sorted.clear();
            return Ok(());
        }
        spill(sorted, None)?.map_err(std::io::Error::other)?;
        reduce_spills(sorted, None, &NOT_CANCELLED)?.map_err(std::io::Error::other)?;
        let spills = std::mem::take(&mut sorted.spills);
        let fetch = spill::fetch(sorted.scratch.memory, spills.len());
        let sections = spills.iter().map(|spill| spill.section(0, fetch));
        let mut sections = sections.collect::<std::io::Result<Vec<_>>>()?;
        let mut merge = Merge::new(&mut sections, false, &NOT_CANCELLED)?;
        while !merge.is_exhausted() {
            let value = merge.pair().0;
            self.blob.push_pair(partition, key, [value, b""])?;
            merge.advance().map_err(ShuffleError::of_spills)?;
        }
        Ok(())
    }
}

/// Adds a pair and spills without a combiner if needed. The value is the concatenation of two slices.
#[inline]
pub(super) fn push(
    sorter: &mut Sorter,
    partition: u32,
    key: &[u8],
    value: [&[u8]; 2],
) -> Result<(), ShuffleError> {
    if !sorter.has_capacity(key.len() + value[0].len() + value[1].len()) {
        spill(sorter, None)?.map_err(std::io::Error::other)?;
    }
    sorter.push(partition, key, value)
}

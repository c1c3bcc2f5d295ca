//! External merge sort: spills sorted pairs, merges the spills and combines values.

use std::sync::atomic::AtomicBool;

use super::group::{GroupState, JobCode, each_group};
use super::merge::Merge;
use super::sorter::{SortOptions, Sorter};
use super::spill::{self, Spill};
use crate::blob::{BlobWriter, WrittenBlob};
use crate::combine_task::{CombineTask, RawValues};
use crate::entry::BlobKind;
use crate::error::{PairError, ShuffleError};
use crate::section::Section;
use crate::spool::Scratch;

/// Combiner, if the job has one.
pub(super) type Combine<'a> = Option<&'a mut dyn CombineTask>;

const COMBINER: JobCode = JobCode("the combiner");
static NOT_CANCELLED: AtomicBool = AtomicBool::new(false);

/// Sorts the pairs in memory and moves them to a local file.
pub(super) fn spill(sorter: &mut Sorter, combine: Combine<'_>) -> Result<(), PairError> {
    if sorter.is_empty() {
        return Ok(());
    }
    sorter.sort();
    let mut writer = sorter.spill_writer()?;
    write(sorter, &mut writer, combine, &NOT_CANCELLED)?;
    sorter.spills.push(Spill::finish(writer)?);
    sorter.clear();
    Ok(())
}

/// Writes all pairs to a blob of `task`.
pub(super) fn finish(
    mut sorter: Sorter,
    kind: BlobKind,
    task: u32,
    mut combine: Combine<'_>,
    cancelled: &AtomicBool,
) -> Result<WrittenBlob, PairError> {
    if !sorter.spills.is_empty() {
        spill(&mut sorter, reborrow(&mut combine))?;
    }
    let SortOptions {
        partitions,
        compress,
        ..
    } = sorter.options;
    let limit = sorter.scratch.memory / 4;
    let mut blob = BlobWriter::new(kind, task, partitions, compress, limit, &sorter.scratch)?;
    if sorter.spills.is_empty() {
        sorter.sort();
        write(&sorter, &mut blob, combine, cancelled)?;
    } else {
        sorter.free_memory();
        reduce_spills(&mut sorter, reborrow(&mut combine), cancelled)?;
        merge_batch(&sorter, &sorter.spills, &mut blob, combine, cancelled)?;
    }
    Ok(blob.finish()?)
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
) -> Result<(), PairError> {
    if cancelled.load(std::sync::atomic::Ordering::Relaxed) {
        return Err(ShuffleError::Cancelled.into());
    }
    let Some(combine) = combine else {
        return Ok(sorter.write(blob)?);
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
) -> Result<(), PairError> {
    let max_open = spill::max_open(sorter.scratch.memory / 2);
    while sorter.spills.len() > max_open {
        let mut fewer = Vec::new();
        let all = std::mem::take(&mut sorter.spills);
        for batch in all.chunks(max_open) {
            let mut writer = sorter.spill_writer()?;
            let combine = reborrow(&mut combine);
            merge_batch(sorter, batch, &mut writer, combine, cancelled)?;
            fewer.push(Spill::finish(writer)?);
        }
        sorter.spills = fewer;
    }
    Ok(())
}

/// Merges the consecutive spills `batch` into `blob`.
fn merge_batch(
    sorter: &Sorter,
    batch: &[Spill],
    blob: &mut BlobWriter,
    mut combine: Combine<'_>,
    cancelled: &AtomicBool,
) -> Result<(), PairError> {
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
        merged.map_err(PairError::of_spills)?;
    }
    Ok(())
}

fn merge_partition(
    sorter: &Sorter,
    partition: u32,
    sections: &mut [Section],
    blob: &mut BlobWriter,
    combine: Combine<'_>,
    cancelled: &AtomicBool,
) -> Result<(), PairError> {
    let mut merge = Merge::new(sections, sorter.options.sort_values, cancelled)?;
    let Some(combine) = combine else {
        while !merge.is_exhausted() {
            let (key, value) = merge.pair();
            blob.push_pair(partition, key, [value, b""])?;
            merge.advance()?;
        }
        return Ok(());
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
    ) -> Result<(), PairError> {
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
            return Err(error.into());
        }
        outcome?;
        self.write_sorted(partition, key)
    }

    /// Writes the values of a key in sorted order.
    fn write_sorted(&mut self, partition: u32, key: &[u8]) -> Result<(), PairError> {
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
        spill(sorted, None)?;
        reduce_spills(sorted, None, &NOT_CANCELLED)?;
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
        spill(sorter, None).map_err(PairError::without_job_code)?;
    }
    sorter.push(partition, key, value)
}

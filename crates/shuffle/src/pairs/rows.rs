//! Rows of the result between a reducer and the partition result or part file.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use super::external_sort;
use super::merge::Merge;
use super::row::{self, FoundRow};
use super::sorter::{SortOptions, Sorter};
use super::spill::{self, Spill};
use crate::blob::{BlobWriter, WrittenBlob};
use crate::entry::BlobKind;
use crate::error::{PairError, ShuffleError};
use crate::section::Section;
use crate::spool::Scratch;

/// Options of a [`RowSink`].
#[derive(Debug, Clone)]
pub struct RowSinkOptions {
    /// If true, rows are sorted by their sort keys, and rows with equal sort keys stay in insertion order. Otherwise
    /// all rows stay in insertion order.
    pub sorted: bool,
    /// Number of outputs, at least 1.
    pub outputs: u32,
    /// True if partition results are compressed.
    pub compress: bool,
}

/// Collector of the rows of a reducer, in bounded memory.
#[derive(Debug)]
pub struct RowSink {
    scratch: Scratch,
    options: RowSinkOptions,
    outputs: Vec<Output>,
    /// Reduce task whose partition result the rows become, if it is known.
    task: Option<u32>,
    /// Out-of-order rows, whose sort keys are below that of an earlier row. The partition is the output.
    out_of_order: Option<Sorter>,
    /// Reused buffer for the encoded key of a row.
    key: Vec<u8>,
    rows: u64,
    failed: Option<ShuffleError>,
}

/// In-order rows of an output.
#[derive(Debug, Default)]
struct Output {
    writer: Option<BlobWriter>,
    /// Sort key of the last row.
    last: Vec<u8>,
}

/// All rows of a reducer.
#[derive(Debug)]
pub struct ReducedRows {
    scratch: Scratch,
    options: RowSinkOptions,
    /// In-order rows of each output.
    outputs: Vec<Option<Spill>>,
    /// Set if the in-order rows are already the partition result of this task.
    task: Option<u32>,
    /// Out-of-order rows, with a partition for each output. They were added after in-order rows with equal sort keys.
    out_of_order: Option<Spill>,
    rows: u64,
}

/// Number of rows between two checks of the cancellation flag.
const CANCEL_CHECK_INTERVAL: u32 = 1 << 14;

impl RowSink {
    /// Creates an empty sink.
    pub fn new(scratch: &Scratch, options: RowSinkOptions) -> Self {
        let outputs = (0..options.outputs).map(|_| Output::default()).collect();
        Self {
            scratch: scratch.clone(),
            options,
            outputs,
            task: None,
            out_of_order: None,
            key: Vec::new(),
            rows: 0,
            failed: None,
        }
    }

    /// Announces that [`ReducedRows::pack`] will be called for `task`. In-order rows of a single output are then
    /// written once instead of twice.
    #[must_use]
    pub fn for_task(mut self, task: u32) -> Self {
        self.task = Some(task).filter(|_| self.options.outputs == 1);
        self
    }

    /// Adds a row to `output`, with its sort key `order` and the text of its `value`. `key` is the text of the key if
    /// it differs from the sort key. [`RowSink::finish`] returns the first error.
    ///
    /// # Panics
    /// If `output` does not exist.
    pub fn push(&mut self, output: usize, order: &[u8], key: Option<&[u8]>, value: &[u8]) {
        assert!(
            output < self.outputs.len(),
            "unknown output {output}; the job declares {} outputs",
            self.outputs.len()
        );
        if self.failed.is_some() {
            return;
        }
        self.rows += 1;
        if let Err(error) = self.keep(output, order, key, value) {
            self.failed = Some(error);
        }
    }

    #[inline]
    fn keep(
        &mut self,
        output: usize,
        order: &[u8],
        key: Option<&[u8]>,
        value: &[u8],
    ) -> Result<(), ShuffleError> {
        let key = match key {
            None => row::SAME_KEY,
            Some(key) => {
                self.key.clear();
                row::put_key(&mut self.key, key);
                &self.key
            }
        };
        let RowSinkOptions {
            outputs, compress, ..
        } = self.options;
        let limit = self.scratch.memory / 4 / outputs as usize;
        let kept = &mut self.outputs[output];
        if self.options.sorted {
            if order < &kept.last[..] {
                let out_of_order = self
                    .out_of_order
                    .get_or_insert_with(|| out_of_order_sorter(&self.scratch, &self.options));
                return external_sort::push(out_of_order, output as u32, order, [key, value]);
            }
            kept.last.clear();
            kept.last.extend_from_slice(order);
        }
        let writer = if let Some(writer) = &mut kept.writer {
            writer
        } else {
            let scratch = &self.scratch;
            let writer = match self.task {
                Some(task) => BlobWriter::new(
                    BlobKind::RowPartitionResult,
                    task,
                    1,
                    compress,
                    limit,
                    scratch,
                )?,
                None => spill::writer(scratch, 1, false, limit)?,
            };
            kept.writer.insert(writer)
        };
        Ok(writer.push_pair(0, order, [key, value])?)
    }

    /// Returns all rows.
    ///
    /// # Errors
    /// Errors of local files, including those of earlier rows, and [`ShuffleError::Cancelled`].
    pub fn finish(self, cancelled: &AtomicBool) -> Result<ReducedRows, ShuffleError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let outputs = self.outputs.into_iter();
        let outputs = outputs.map(|output| output.writer.map(Spill::finish).transpose());
        let task = self.task;
        let out_of_order = match self.out_of_order {
            None => None,
            Some(out_of_order) => {
                let blob =
                    external_sort::finish(out_of_order, BlobKind::PairSpill, 0, None, cancelled)
                        .map_err(PairError::without_job_code)?;
                Some(Spill::of(
                    blob,
                    BlobKind::PairSpill,
                    0,
                    self.options.outputs,
                )?)
            }
        };
        Ok(ReducedRows {
            outputs: outputs.collect::<Result<_, _>>()?,
            scratch: self.scratch,
            options: self.options,
            task,
            out_of_order,
            rows: self.rows,
        })
    }
}

/// Creates the sorter of out-of-order rows, with a quarter of the memory.
fn out_of_order_sorter(scratch: &Scratch, options: &RowSinkOptions) -> Sorter {
    let scratch = Scratch {
        memory: scratch.memory / 4,
        folder: scratch.folder.clone(),
    };
    let options = SortOptions {
        partitions: options.outputs,
        sort_values: false,
        compress: options.compress,
    };
    Sorter::new(scratch, options)
}

impl ReducedRows {
    /// Returns the number of rows in all outputs.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Writes the partition result of `task`, with a section for each output.
    ///
    /// # Errors
    /// Errors of local files, and [`ShuffleError::Cancelled`].
    pub fn pack(mut self, task: u32, cancelled: &AtomicBool) -> Result<WrittenBlob, ShuffleError> {
        if cancelled.load(Ordering::Relaxed) {
            return Err(ShuffleError::Cancelled);
        }
        if self.task == Some(task)
            && self.out_of_order.is_none()
            && let Some(result) = self.outputs[0].take()
        {
            return Ok(result.into_blob());
        }
        let RowSinkOptions {
            outputs, compress, ..
        } = self.options;
        let (kind, limit) = (BlobKind::RowPartitionResult, self.scratch.memory / 4);
        let mut result = BlobWriter::new(kind, task, outputs, compress, limit, &self.scratch)?;
        for output in 0..outputs {
            let mut sections = self.sections(output)?;
            let packed = match &mut sections[..] {
                [] => Ok(()),
                [section] => result.append(output, section, cancelled),
                sections => merge_rows(sections, &mut result, output, cancelled),
            };
            packed.map_err(ShuffleError::of_spills)?;
        }
        Ok(result.finish()?)
    }

    /// Calls `each` with every row of `output`, in order.
    ///
    /// # Errors
    /// Errors of local files and of `each`, and [`ShuffleError::Cancelled`].
    ///
    /// # Panics
    /// If `output` does not exist.
    pub fn each(
        &mut self,
        output: usize,
        cancelled: &AtomicBool,
        each: &mut dyn FnMut(FoundRow<'_>) -> Result<(), ShuffleError>,
    ) -> Result<(), ShuffleError> {
        let mut sections = self.sections(output as u32)?;
        let all = each_row(&mut sections, true, cancelled, |row| {
            each(row)?;
            Ok(true)
        });
        all.map_err(ShuffleError::of_spills)
    }

    /// Opens the sections that give `output` when merged.
    fn sections(&self, output: u32) -> io::Result<Vec<Section>> {
        let fetch = spill::fetch(self.scratch.memory / 8, 2);
        let in_order = self.outputs[output as usize].iter();
        let in_order = in_order.map(|spill| spill.section(0, fetch));
        let out_of_order = self
            .out_of_order
            .iter()
            .filter(|spill| spill.records(output) > 0);
        let out_of_order = out_of_order.map(|spill| spill.section(output, fetch));
        in_order.chain(out_of_order).collect()
    }
}

fn merge_rows(
    sections: &mut [Section],
    result: &mut BlobWriter,
    output: u32,
    cancelled: &AtomicBool,
) -> Result<(), ShuffleError> {
    let mut merge = Merge::new(sections, false, cancelled)?;
    while !merge.is_exhausted() {
        let (order, value) = merge.pair();
        result.push_pair(output, order, [value, b""])?;
        merge.advance()?;
    }
    Ok(())
}

/// Calls `each` with every row of `parts`, the sections of one output in the order of their partitions. Stops when
/// `each` returns `false`.
///
/// If `sorted`, the sections are merged by sort key. Otherwise they are read one after the other.
///
/// # Errors
/// Errors of the sections and of `each`, and [`ShuffleError::Cancelled`].
pub fn each_row(
    parts: &mut [Section],
    sorted: bool,
    cancelled: &AtomicBool,
    mut each: impl FnMut(FoundRow<'_>) -> Result<bool, ShuffleError>,
) -> Result<(), ShuffleError> {
    const INVALID_ROW: &str = "damaged section: invalid row";
    if sorted && parts.len() > 1 {
        let mut merge = Merge::new(parts, false, cancelled)?;
        while !merge.is_exhausted() {
            let row = FoundRow::of(merge.pair()).ok_or_else(|| merge.lost(INVALID_ROW))?;
            if !each(row)? {
                return Ok(());
            }
            merge.advance()?;
        }
        return Ok(());
    }
    let mut rows = 0u32;
    for part in parts {
        while part.next_pair()? {
            if rows.is_multiple_of(CANCEL_CHECK_INTERVAL) && cancelled.load(Ordering::Relaxed) {
                return Err(ShuffleError::Cancelled);
            }
            rows = rows.wrapping_add(1);
            let row = FoundRow::of(part.pair()).ok_or_else(|| part.lost(INVALID_ROW))?;
            if !each(row)? {
                return Ok(());
            }
        }
    }
    Ok(())
}

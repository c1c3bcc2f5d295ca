//! Rows of the result, on their way to the master or to a part file.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

use super::gather;
use super::merge::Merge;
use super::row::{self, FoundRow};
use super::sorter::{SortOptions, Sorter};
use super::spill::{self, Spill};
use crate::blob::{BlobWriter, WrittenBlob};
use crate::entry::BlobKind;
use crate::error::ShuffleError;
use crate::section::Section;
use crate::spool::Scratch;

/// How rows are kept.
#[derive(Debug, Clone)]
pub struct RowSinkOptions {
    /// Whether the result is by key: then rows are sorted by their place in the order, equal ones as they came.
    /// Otherwise all stay as they come.
    pub sorted: bool,
    /// Number of outputs, at least 1.
    pub outputs: u32,
    /// Whether parts are compressed.
    pub compress: bool,
}

/// Takes the rows that reducers make, in bounded memory.
#[derive(Debug)]
pub struct RowSink {
    scratch: Scratch,
    options: RowSinkOptions,
    outputs: Vec<Output>,
    /// Whose part the rows become, if that is known.
    task: Option<u32>,
    /// Rows that came when others behind them in the order were there; the partition is the output.
    late: Option<Sorter>,
    /// A row's key as it is stored.
    key: Vec<u8>,
    rows: u64,
    failed: Option<ShuffleError>,
}

/// The rows of an output that came in order.
#[derive(Debug, Default)]
struct Output {
    writer: Option<BlobWriter>,
    /// The place of the last of them.
    last: Vec<u8>,
}

/// What a reducer wrote.
#[derive(Debug)]
pub struct RowsOut {
    scratch: Scratch,
    options: RowSinkOptions,
    /// For each output the rows that came in order.
    outputs: Vec<Option<Spill>>,
    /// Whose part they are as they lie there, if they are one.
    task: Option<u32>,
    /// The others, a partition for each output. Of equal ones, these came later.
    late: Option<Spill>,
    rows: u64,
}

/// How often a stop is looked for, in rows.
const TURNS: u32 = 1 << 14;

impl RowSink {
    /// An empty one.
    pub fn new(scratch: &Scratch, options: RowSinkOptions) -> Self {
        let outputs = (0..options.outputs).map(|_| Output::default()).collect();
        Self {
            scratch: scratch.clone(),
            options,
            outputs,
            task: None,
            late: None,
            key: Vec::new(),
            rows: 0,
            failed: None,
        }
    }

    /// Says that [`RowsOut::pack`] will be asked for the part of `task`: rows of a single output that come as they
    /// are to stay are written once then, not twice.
    #[must_use]
    pub fn of_task(mut self, task: u32) -> Self {
        self.task = Some(task).filter(|_| self.options.outputs == 1);
        self
    }

    /// Takes a row of `output`: its place in the `order`, its `key` as text if that differs, its `value` as text.
    /// What goes wrong shows at the end.
    ///
    /// # Panics
    /// If there is no such output.
    pub fn push(&mut self, output: usize, order: &[u8], key: Option<&[u8]>, value: &[u8]) {
        assert!(
            output < self.outputs.len(),
            "there is no output {output}; the job declares {}",
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
                let late = self
                    .late
                    .get_or_insert_with(|| late(&self.scratch, &self.options));
                return gather::push(late, output as u32, order, [key, value]);
            }
            kept.last.clear();
            kept.last.extend_from_slice(order);
        }
        let writer = match &mut kept.writer {
            Some(writer) => writer,
            None => {
                let scratch = &self.scratch;
                let writer = match self.task {
                    Some(task) => {
                        BlobWriter::new(BlobKind::RowPart, task, 1, compress, limit, scratch)?
                    }
                    None => spill::writer(scratch, 1, false, limit)?,
                };
                kept.writer.insert(writer)
            }
        };
        Ok(writer.push_pair(0, order, [key, value])?)
    }

    /// All rows.
    ///
    /// # Errors
    /// Those of local files, also of rows before; [`ShuffleError::Cancelled`].
    pub fn finish(self, cancelled: &AtomicBool) -> Result<RowsOut, ShuffleError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let outputs = self.outputs.into_iter();
        let outputs = outputs.map(|output| output.writer.map(Spill::finish).transpose());
        let task = self.task;
        let late = match self.late {
            None => None,
            Some(late) => {
                let blob = gather::finish(late, BlobKind::PairSpill, 0, None, cancelled)?;
                let blob = blob.map_err(io::Error::other)?;
                Some(Spill::of(
                    blob,
                    BlobKind::PairSpill,
                    0,
                    self.options.outputs,
                )?)
            }
        };
        Ok(RowsOut {
            outputs: outputs.collect::<Result<_, _>>()?,
            scratch: self.scratch,
            options: self.options,
            task,
            late,
            rows: self.rows,
        })
    }
}

/// For the rows that come late, with a quarter of the memory.
fn late(scratch: &Scratch, options: &RowSinkOptions) -> Sorter {
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

impl RowsOut {
    /// Number of rows in all outputs.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// As the part of `task`: a section for each output.
    ///
    /// # Errors
    /// Those of local files, and [`ShuffleError::Cancelled`].
    pub fn pack(mut self, task: u32, cancelled: &AtomicBool) -> Result<WrittenBlob, ShuffleError> {
        if cancelled.load(Ordering::Relaxed) {
            return Err(ShuffleError::Cancelled);
        }
        if self.task == Some(task)
            && self.late.is_none()
            && let Some(part) = self.outputs[0].take()
        {
            return Ok(part.into_blob());
        }
        let RowSinkOptions {
            outputs, compress, ..
        } = self.options;
        let (kind, limit) = (BlobKind::RowPart, self.scratch.memory / 4);
        let mut part = BlobWriter::new(kind, task, outputs, compress, limit, &self.scratch)?;
        for output in 0..outputs {
            let mut sections = self.sections(output)?;
            let packed = match &mut sections[..] {
                [] => Ok(()),
                [section] => part.append(output, section, cancelled),
                sections => merge_rows(sections, &mut part, output, cancelled),
            };
            packed.map_err(ShuffleError::of_spills)?;
        }
        Ok(part.finish()?)
    }

    /// Calls `each` with every row of `output`, in order.
    ///
    /// # Errors
    /// Those of local files and of `each`, and [`ShuffleError::Cancelled`].
    ///
    /// # Panics
    /// If there is no such output.
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

    /// The sections whose merge is an output.
    fn sections(&self, output: u32) -> io::Result<Vec<Section>> {
        let fetch = spill::fetch(self.scratch.memory / 8, 2);
        let early = self.outputs[output as usize].iter();
        let early = early.map(|spill| spill.section(0, fetch));
        let late = self.late.iter().filter(|spill| spill.records(output) > 0);
        let late = late.map(|spill| spill.section(output, fetch));
        early.chain(late).collect()
    }
}

fn merge_rows(
    sections: &mut [Section],
    part: &mut BlobWriter,
    output: u32,
    cancelled: &AtomicBool,
) -> Result<(), ShuffleError> {
    let mut merge = Merge::new(sections, false, cancelled)?;
    while !merge.is_over() {
        let (order, value) = merge.pair();
        part.push_pair(output, order, [value, b""])?;
        merge.advance()?;
    }
    Ok(())
}

/// Calls `each` with every row of `parts`, the sections of one output in the order of their partitions: merged by
/// their places in the order if `sorted`, otherwise one part behind the other. Stops when `each` answers that it
/// wants no more.
///
/// # Errors
/// Those of the parts, of `each`, and [`ShuffleError::Cancelled`].
pub fn each_row(
    parts: &mut [Section],
    sorted: bool,
    cancelled: &AtomicBool,
    mut each: impl FnMut(FoundRow<'_>) -> Result<bool, ShuffleError>,
) -> Result<(), ShuffleError> {
    const BAD: &str = "a row in it cannot be read";
    if sorted && parts.len() > 1 {
        let mut merge = Merge::new(parts, false, cancelled)?;
        while !merge.is_over() {
            let row = FoundRow::of(merge.pair()).ok_or_else(|| merge.lost(BAD))?;
            if !each(row)? {
                return Ok(());
            }
            merge.advance()?;
        }
        return Ok(());
    }
    let mut turns = 0u32;
    for part in parts {
        while part.next_pair()? {
            if turns.is_multiple_of(TURNS) && cancelled.load(Ordering::Relaxed) {
                return Err(ShuffleError::Cancelled);
            }
            turns = turns.wrapping_add(1);
            let row = FoundRow::of(part.pair()).ok_or_else(|| part.lost(BAD))?;
            if !each(row)? {
                return Ok(());
            }
        }
    }
    Ok(())
}

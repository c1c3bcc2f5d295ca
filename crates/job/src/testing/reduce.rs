//! The reduce side of a trial.

use std::sync::Arc;

use bytes::Bytes;

use mapreduce_core::{Cells, JobError, Order, OutputFormat, Shape, Split, ValueKind};
use mapreduce_formats::output::{RowLayout, RowWriter};
use mapreduce_shuffle::{
    BlobKind, CountReduce, PairReduce, PartitionBy, RangeSource, RawValues, ReduceTask, RowSink,
    RowSinkOptions, RunSection, Section, SectionEntry, ShuffleError, each_row, merge_rows,
};

use super::failure::{job_error, pair_error};
use super::running::{NOT_CANCELLED, Running, outputs, read_all};

/// An output as text.
#[derive(Debug, Default)]
pub(super) struct OutputText {
    pub(super) rows: Vec<(String, String)>,
    pub(super) csv: String,
}

/// Collector of the rows of an output.
struct OutputRows {
    is_table: bool,
    rows: Vec<(String, String)>,
    csv: RowWriter<Vec<u8>>,
}

impl OutputRows {
    fn new(shape: &Shape) -> Result<Self, JobError> {
        let layout = RowLayout::new(OutputFormat::Csv, true, shape);
        Ok(Self {
            is_table: matches!(shape.value, ValueKind::Table(_)),
            rows: Vec::new(),
            csv: RowWriter::new(Vec::new(), layout)?,
        })
    }

    fn push(&mut self, key: &[u8], value: &[u8]) -> Result<(), ShuffleError> {
        self.csv.push_text(key, value)?;
        self.rows.push(if self.is_table {
            let cells = Cells::of(value).map(|cell| text(cell.unwrap_or_default()));
            let mut cells = cells.collect::<Vec<_>>().into_iter();
            let first = cells.next().unwrap_or_default();
            (first, cells.collect::<Vec<_>>().join("\t"))
        } else {
            (text(key), text(value))
        });
        Ok(())
    }

    fn finish(self) -> Result<OutputText, JobError> {
        let (csv, _) = self.csv.into_inner()?;
        let csv = text(&csv);
        let rows = self.rows;
        Ok(OutputText { rows, csv })
    }
}

/// Bytes of a section that are read at once. Small, so that a trial needs several reads.
const FETCH: usize = 4 << 10;

impl Running<'_> {
    /// Returns the result of a job that sums counts.
    pub(super) fn reduce_counts(&self, runs: Vec<Bytes>) -> Result<OutputText, JobError> {
        let mut parts = Vec::new();
        for partition in 0..self.spec.reduces {
            let reduce = CountReduce {
                task: partition,
                partition,
                partitions: self.spec.reduces,
                top: self.spec.top,
                compress: false,
                scratch: &self.scratch,
                cancelled: &NOT_CANCELLED,
            };
            let reduced = reduce.run(sections(&runs, BlobKind::Run, partition)?);
            parts.push(read_all(&reduced.map_err(job_error)?.partition_result)?);
        }
        let mut parts = opened(parts, BlobKind::PartitionResult, 0)?;
        let mut rows = OutputRows::new(&self.spec.shape)?;
        let top = self.spec.top.unwrap_or(u64::MAX);
        merge_rows(&mut parts, &NOT_CANCELLED, |key, count| {
            if rows.rows.len() as u64 == top {
                return Ok(false);
            }
            rows.push(key, count.to_string().as_bytes())?;
            Ok(true)
        })
        .map_err(job_error)?;
        rows.finish()
    }

    /// Returns the main output and the other outputs of a job with a reducer.
    pub(super) fn reduce_pairs(&mut self, runs: Vec<Bytes>) -> Result<Vec<OutputText>, JobError> {
        let sorted = self.spec.shape.order == Order::Key;
        let mut parts = Vec::new();
        for partition in 0..self.spec.reduces {
            let mut context = self.context(partition);
            context.partition = partition;
            let mut reducer = self.job.reducer(&context)?;
            let options = RowSinkOptions {
                sorted,
                outputs: outputs(&self.spec.shape),
                compress: partition % 2 == 1,
            };
            let mut sink = RowSink::new(&self.scratch, options);
            let sections = sections(&runs, BlobKind::PairRun, partition)?;
            let reduced = self
                .reduction(partition)
                .run(sections, &mut *reducer, &mut sink);
            reduced.map_err(pair_error)?;
            self.count_up(&context)?;
            let rows = sink.finish(&NOT_CANCELLED).map_err(job_error)?;
            parts.push(read_all(
                &rows.pack(partition, &NOT_CANCELLED).map_err(job_error)?,
            )?);
        }
        let mut tables = Vec::new();
        for output in 0..outputs(&self.spec.shape) {
            let mut rows = OutputRows::new(&self.spec.shape)?;
            let mut open = opened(parts.clone(), BlobKind::RowPartitionResult, output)?;
            each_row(&mut open, sorted, &NOT_CANCELLED, |row| {
                rows.push(row.key, row.value)?;
                Ok(true)
            })
            .map_err(job_error)?;
            tables.push(rows.finish()?);
        }
        Ok(tables)
    }

    /// Returns key ranges with about the same number of pairs each, which the planner estimates from a sample.
    pub(super) fn bounds(&mut self, splits: &[Split]) -> Result<Arc<[Box<[u8]>]>, JobError> {
        let mut runs = Vec::new();
        for (task, split) in splits.iter().enumerate() {
            let all = PartitionBy::Only {
                partition: 0,
                of: 1,
            };
            runs.push(read_all(&self.map_pairs(task as u32, split, all)?)?);
        }
        let mut keys = Keys::default();
        let options = RowSinkOptions {
            sorted: false,
            outputs: 1,
            compress: false,
        };
        let mut sink = RowSink::new(&self.scratch, options);
        let sections = sections(&runs, BlobKind::PairRun, 0)?;
        let reduced = self.reduction(0).run(sections, &mut keys, &mut sink);
        reduced.map_err(pair_error)?;
        self.counters.clear();
        let Keys(mut keys) = keys;
        let parts = self.spec.reduces as usize;
        let positions = (1..parts).map(|part| keys.len() * part / parts);
        let mut bounds: Vec<_> = positions.filter_map(|at| keys.get(at).cloned()).collect();
        keys.clear();
        bounds.dedup();
        Ok(bounds.into())
    }

    fn reduction(&self, partition: u32) -> PairReduce<'_> {
        PairReduce {
            partition,
            sort_values: self.spec.shape.sort_values,
            scratch: &self.scratch,
            cancelled: &NOT_CANCELLED,
        }
    }
}

/// Reducer that collects the keys of all pairs.
#[derive(Default)]
struct Keys(Vec<Box<[u8]>>);

impl ReduceTask for Keys {
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        _: &mut RowSink,
    ) -> Result<(), JobError> {
        while values.next().is_some() {
            self.0.push(key.into());
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut RowSink) -> Result<(), JobError> {
        Ok(())
    }
}

fn entry(
    blob: &Bytes,
    kind: BlobKind,
    task: u32,
    partition: u32,
) -> Result<SectionEntry, JobError> {
    let bytes = blob.clone().read(SectionEntry::range(partition))?;
    let entry = bytes.and_then(|bytes| SectionEntry::read(&bytes, kind, task, partition));
    entry.ok_or_else(|| JobError::new(format!("the index of the run of task {task} is corrupt")))
}

fn sections(runs: &[Bytes], kind: BlobKind, partition: u32) -> Result<Vec<RunSection>, JobError> {
    let section = |(task, run): (usize, &Bytes)| {
        let task = task as u32;
        Ok(RunSection {
            task,
            entry: entry(run, kind, task, partition)?,
            source: Box::new(run.clone()),
        })
    };
    runs.iter().enumerate().map(section).collect()
}

fn opened(parts: Vec<Bytes>, kind: BlobKind, section: u32) -> Result<Vec<Section>, JobError> {
    let open = |(number, part): (usize, Bytes)| {
        let task = number as u32;
        let entry = entry(&part, kind, task, section)?;
        let id = (kind, task, section);
        Ok(Section::new(Box::new(part), &entry, id, FETCH, number))
    };
    parts.into_iter().enumerate().map(open).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

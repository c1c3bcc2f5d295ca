//! Reduction of one partition. CPU-bound.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use mapreduce_core::{Counters, PartFiles};
use mapreduce_core::{Order, Reduction};
use mapreduce_formats::output::RowLayout;
use mapreduce_shuffle::{CountReduce, PairReduce, RowSink, RowSinkOptions, RunSection, Spooled};
use store::{Claim, StoredOutput};

use super::attempt_name::attempt_name;
use super::blob::spooled_blob;
use super::job_files::FilesInUse;
use super::part_file::PartFolder;
use super::reduce_error::ReduceError;
use super::task_environment::TaskEnvironment;
use crate::core::{AttemptOutput, SharedJob};

/// An attempt to reduce one partition.
pub(super) struct PartitionRun {
    pub(super) environment: Arc<TaskEnvironment>,
    pub(super) job: SharedJob,
    pub(super) claim: Claim,
    pub(super) files: FilesInUse,
    pub(super) partition: u32,
    pub(super) cancelled: Arc<AtomicBool>,
}

impl PartitionRun {
    /// Merges and reduces `sections`, and returns the partition result or writes the part file.
    pub(super) fn reduce(
        &self,
        sections: Vec<RunSection>,
    ) -> Result<(AttemptOutput, Counters), ReduceError> {
        match self.job.spec.shape.reduction {
            Reduction::Sum => Ok((self.sum(sections)?, Counters::default())),
            Reduction::Groups => self.reduce_groups(sections),
        }
    }

    /// Adds up the counts of each key.
    fn sum(&self, sections: Vec<RunSection>) -> Result<AttemptOutput, ReduceError> {
        let spec = &self.job.spec;
        let task = CountReduce {
            task: self.claim.task.index.0,
            partition: self.partition,
            partitions: spec.reduces,
            top: spec.top,
            compress: spec.compress,
            scratch: &self.environment.scratch,
            cancelled: &self.cancelled,
        };
        let merged = task.merge(sections)?;
        if let Some(files) = &spec.part_files {
            let (records, sum) = (merged.keys, merged.sum);
            let layout = RowLayout::new(files.format, files.header, &spec.shape).of_part();
            let attempt = self.attempt_name();
            let bytes =
                self.part_folder(files)
                    .write(self.partition, &attempt, layout, |writer| {
                        merged
                            .rows
                            .each_sorted(&self.cancelled, |key, count| Ok(writer.push(key, count)?))
                    })?;
            return Ok(self.part_file_output(bytes, records, sum));
        }
        let reduced = task.pack(merged)?;
        Ok(self.blob_output(reduced.partition_result.bytes, reduced.keys, reduced.sum))
    }

    /// Calls the reducer of the job for each group of values.
    fn reduce_groups(
        &self,
        sections: Vec<RunSection>,
    ) -> Result<(AttemptOutput, Counters), ReduceError> {
        let (spec, shape) = (&self.job.spec, &self.job.spec.shape);
        let (code, mut context) =
            self.environment
                .prepare(&self.job, &self.claim, &self.files, &self.cancelled)?;
        context.partition = self.partition;
        let mut reducer = code.reducer(&context)?;
        let task = PairReduce {
            partition: self.partition,
            sort_values: shape.sort_values,
            scratch: &self.environment.scratch,
            cancelled: &self.cancelled,
        };
        let options = RowSinkOptions {
            sorted: shape.order == Order::Key,
            outputs: 1 + shape.outputs.len() as u32,
            compress: spec.compress,
        };
        let index = self.claim.task.index.0;
        let mut sink = RowSink::new(&self.environment.scratch, options).for_task(index);
        let reduced = task.run(sections, &mut *reducer, &mut sink)?;
        let counters = Counters {
            custom: context.counter_values()?,
            ..Counters::default()
        };
        let mut rows = sink.finish(&self.cancelled)?;
        let (records, sum) = (rows.rows(), reduced.pairs);
        if let Some(files) = &spec.part_files {
            let layout = RowLayout::new(files.format, files.header, shape).of_part();
            let attempt = self.attempt_name();
            let bytes =
                self.part_folder(files)
                    .write(self.partition, &attempt, layout, |writer| {
                        rows.each(0, &self.cancelled, &mut |row| {
                            Ok(writer.push_text(row.key, row.value)?)
                        })
                    })?;
            return Ok((self.part_file_output(bytes, records, sum), counters));
        }
        let packed = rows.pack(index, &self.cancelled)?;
        Ok((self.blob_output(packed.bytes, records, sum), counters))
    }

    fn part_folder(&self, files: &PartFiles) -> PartFolder {
        let output = self.environment.output(&self.job);
        PartFolder::new(output, &self.job.job, &files.folder)
    }

    fn part_file_output(&self, bytes: u64, records: u64, sum: u64) -> AttemptOutput {
        AttemptOutput::Ready(StoredOutput {
            attempt: self.attempt_name(),
            bytes,
            records,
            sum,
        })
    }

    fn blob_output(&self, bytes: Spooled, records: u64, sum: u64) -> AttemptOutput {
        let stored = StoredOutput {
            attempt: self.attempt_name(),
            bytes: bytes.len(),
            records,
            sum,
        };
        AttemptOutput::Blob(stored, spooled_blob(bytes))
    }

    fn attempt_name(&self) -> String {
        attempt_name(&self.environment.name, &self.claim)
    }
}

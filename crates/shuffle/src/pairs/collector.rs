//! The map side: keys and values in, a run out.

use std::fmt;
use std::sync::atomic::AtomicBool;

use super::gather;
use super::partition::Partitioner;
use super::partition_by::PartitionBy;
use super::sorter::{SortOptions, Sorter};
use crate::blob::WrittenBlob;
use crate::combine_task::CombineTask;
use crate::entry::BlobKind;
use crate::error::ShuffleError;
use crate::spool::Scratch;
use mapreduce_core::JobError;

/// How pairs are kept.
#[derive(Debug, Clone)]
pub struct CollectOptions {
    /// Where they go.
    pub partition: PartitionBy,
    /// Whether the values of a key are sorted by their bytes; otherwise they stay in the order they came.
    pub sort_values: bool,
    /// Whether runs are compressed.
    pub compress: bool,
}

/// Gathers keys and values in bounded memory: what outgrows it goes to local files, sorted.
pub struct PairCollector {
    partitioner: Partitioner,
    sorter: Sorter,
    combiner: Option<Box<dyn CombineTask>>,
    /// What the job's code did wrong, which is told at the end.
    failed: Option<JobError>,
}

impl PairCollector {
    /// An empty one.
    pub fn new(scratch: Scratch, options: CollectOptions) -> Self {
        let partitioner = Partitioner::new(options.partition);
        let sort = SortOptions {
            partitions: partitioner.count(),
            sort_values: options.sort_values,
            compress: options.compress,
        };
        Self {
            partitioner,
            sorter: Sorter::new(scratch, sort),
            combiner: None,
            failed: None,
        }
    }

    /// With a combiner that is used wherever pairs go to local files, and at the end unless another one is given
    /// there.
    #[must_use]
    pub fn with_combiner(mut self, combiner: Box<dyn CombineTask>) -> Self {
        self.combiner = Some(combiner);
        self
    }

    /// Takes a pair.
    ///
    /// # Errors
    /// Those of local files.
    #[inline]
    pub fn push(&mut self, key: &[u8], value: &[u8]) -> Result<(), ShuffleError> {
        let partition = match self.partitioner.partition(key) {
            Ok(partition) => partition,
            Err(error) => return self.fail(error),
        };
        if !self.sorter.has_room(key.len() + value.len()) {
            self.spill()?;
        }
        self.sorter.push(partition, key, [value, b""])
    }

    /// The run of `task` with all pairs: sorted by partition, then key, then as the options say. With `combine`,
    /// fewer.
    ///
    /// # Errors
    /// The inner error is that of the job's combiner or partitioner. Those of local files, and
    /// [`ShuffleError::Cancelled`].
    pub fn finish_run(
        self,
        task: u32,
        combine: Option<&mut dyn CombineTask>,
        cancelled: &AtomicBool,
    ) -> Result<Result<WrittenBlob, JobError>, ShuffleError> {
        if let Some(error) = self.failed {
            return Ok(Err(error));
        }
        let (sorter, kind) = (self.sorter, BlobKind::PairRun);
        match (combine, self.combiner) {
            (None, Some(mut own)) => gather::finish(sorter, kind, task, Some(&mut *own), cancelled),
            (given, _) => gather::finish(sorter, kind, task, given, cancelled),
        }
    }

    #[cold]
    fn spill(&mut self) -> Result<(), ShuffleError> {
        let spilled = match &mut self.combiner {
            Some(own) => gather::spill(&mut self.sorter, Some(&mut **own)),
            None => gather::spill(&mut self.sorter, None),
        };
        match spilled? {
            Ok(()) => Ok(()),
            Err(error) => self.fail(error),
        }
    }

    /// Nothing is kept any more: the attempt has failed.
    #[cold]
    fn fail(&mut self, error: JobError) -> Result<(), ShuffleError> {
        self.failed.get_or_insert(error);
        self.sorter.clear();
        self.sorter.spills.clear();
        Ok(())
    }
}

impl fmt::Debug for PairCollector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PairCollector")
            .field("partitioner", &self.partitioner)
            .field("options", &self.sorter.options)
            .finish_non_exhaustive()
    }
}

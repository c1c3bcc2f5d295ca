//! Map side: collects pairs and writes a run.

use std::fmt;
use std::sync::atomic::AtomicBool;

use super::external_sort;
use super::partition::Partitioner;
use super::partition_by::PartitionBy;
use super::sorter::{SortOptions, Sorter};
use crate::blob::WrittenBlob;
use crate::combine_task::CombineTask;
use crate::entry::BlobKind;
use crate::error::{PairError, ShuffleError};
use crate::spool::Scratch;
use mapreduce_core::JobError;

/// Options of a [`PairCollector`].
#[derive(Debug, Clone)]
pub struct CollectOptions {
    /// Assignment of keys to partitions.
    pub partition: PartitionBy,
    /// If true, the values of a key are sorted by their bytes; otherwise they stay in insertion order.
    pub sort_values: bool,
    /// True if runs are compressed.
    pub compress: bool,
}

/// Collector of pairs in bounded memory. Pairs beyond the limit are sorted and spilled to local files.
pub struct PairCollector {
    partitioner: Partitioner,
    sorter: Sorter,
    combiner: Option<Box<dyn CombineTask>>,
    /// First error of the job's code. [`PairCollector::finish_run`] returns it.
    failed: Option<JobError>,
}

impl PairCollector {
    /// Creates an empty collector.
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

    /// Sets the combiner for spills. [`PairCollector::finish_run`] also uses it unless it gets another one.
    #[must_use]
    pub fn with_combiner(mut self, combiner: Box<dyn CombineTask>) -> Self {
        self.combiner = Some(combiner);
        self
    }

    /// Adds a pair.
    ///
    /// # Errors
    /// Errors of local files.
    #[inline]
    pub fn push(&mut self, key: &[u8], value: &[u8]) -> Result<(), ShuffleError> {
        let partition = match self.partitioner.partition(key) {
            Ok(partition) => partition,
            Err(error) => return self.fail(error),
        };
        if !self.sorter.has_capacity(key.len() + value.len()) {
            self.spill()?;
        }
        self.sorter.push(partition, key, [value, b""])
    }

    /// Writes the run of `task` with all pairs, sorted by partition, then by key, then as the options say. A combiner
    /// reduces their number.
    ///
    /// # Errors
    /// [`PairError::Job`] is the error of the job's combiner or partition function. The others are those of local files,
    /// and [`ShuffleError::Cancelled`].
    pub fn finish_run(
        self,
        task: u32,
        combine: Option<&mut dyn CombineTask>,
        cancelled: &AtomicBool,
    ) -> Result<WrittenBlob, PairError> {
        if let Some(error) = self.failed {
            return Err(error.into());
        }
        let (sorter, kind) = (self.sorter, BlobKind::PairRun);
        match (combine, self.combiner) {
            (None, Some(mut own)) => {
                external_sort::finish(sorter, kind, task, Some(&mut *own), cancelled)
            }
            (given, _) => external_sort::finish(sorter, kind, task, given, cancelled),
        }
    }

    #[cold]
    fn spill(&mut self) -> Result<(), ShuffleError> {
        let spilled = match &mut self.combiner {
            Some(own) => external_sort::spill(&mut self.sorter, Some(&mut **own)),
            None => external_sort::spill(&mut self.sorter, None),
        };
        match spilled {
            Ok(()) => Ok(()),
            Err(PairError::Job(error)) => self.fail(error),
            Err(PairError::Shuffle(error)) => Err(error),
        }
    }

    /// Saves the error and frees the pairs, because the attempt has failed.
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

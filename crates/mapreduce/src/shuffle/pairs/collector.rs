//! The map side: keys and values in, a run out.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::job::{CombineTask, Job, JobError};
use crate::shuffle::{Scratch, ShuffleError, WrittenBlob};

/// Which partition a key goes to.
#[derive(Clone)]
pub enum PartitionBy {
    /// By its hash, of so many.
    Hash(u32),
    /// Of `bounds.len() + 1` partitions the one whose keys are at least the bound before it and below its own.
    Range(Arc<[Box<[u8]>]>),
    /// All to one, of so many.
    Only {
        /// The partition.
        partition: u32,
        /// Number of partitions.
        of: u32,
    },
    /// As the job says, of so many.
    Custom(Arc<dyn Job>, u32),
}

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

/// Gathers keys and values in bounded memory.
#[derive(Debug)]
pub struct PairCollector {
    _scratch: Scratch,
    _options: CollectOptions,
}

impl PairCollector {
    /// An empty one.
    pub fn new(scratch: Scratch, options: CollectOptions) -> Self {
        Self {
            _scratch: scratch,
            _options: options,
        }
    }

    /// Takes a pair.
    ///
    /// # Errors
    /// Those of local files.
    #[inline]
    pub fn push(&mut self, _key: &[u8], _value: &[u8]) -> Result<(), ShuffleError> {
        unimplemented!()
    }

    /// The run of `task` with all pairs: sorted by partition, then key, then as the options say. With `combine`,
    /// fewer.
    ///
    /// # Errors
    /// The inner error is the combiner's. Those of local files, and [`ShuffleError::Cancelled`].
    pub fn finish_run(
        self,
        _task: u32,
        _combine: Option<&mut dyn CombineTask>,
        _cancelled: &AtomicBool,
    ) -> Result<Result<WrittenBlob, JobError>, ShuffleError> {
        unimplemented!()
    }
}

impl fmt::Debug for PartitionBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hash(of) => f.debug_tuple("Hash").field(of).finish(),
            Self::Range(bounds) => f.debug_tuple("Range").field(&bounds.len()).finish(),
            Self::Only { partition, of } => {
                f.debug_tuple("Only").field(partition).field(of).finish()
            }
            Self::Custom(job, of) => f.debug_tuple("Custom").field(job.info()).field(of).finish(),
        }
    }
}

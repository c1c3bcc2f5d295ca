//! The reduce side: the sections of a partition in, rows out.

use std::sync::atomic::AtomicBool;

use super::RowSink;
use crate::job::{JobError, ReduceTask};
use crate::shuffle::{RunSection, Scratch, ShuffleError};

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

impl PairReduce<'_> {
    /// Gives the groups of all `sections`, which are in the order of their map tasks, to `reducer`. CPU-bound, and
    /// waits for the sections' sources: not for async threads.
    ///
    /// # Errors
    /// The inner error is the reducer's; the key is named. [`ShuffleError::Lost`] names sections by their place
    /// in the list.
    pub fn run(
        &self,
        _sections: Vec<RunSection>,
        _reducer: &mut dyn ReduceTask,
        _out: &mut RowSink,
    ) -> Result<Result<PairReduced, JobError>, ShuffleError> {
        unimplemented!()
    }
}

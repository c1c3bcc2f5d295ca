//! How keys are assigned to partitions.

use std::fmt;
use std::sync::Arc;

/// A partition function of a job: the key and the number of partitions to a partition.
pub type PartitionFn = Arc<dyn Fn(&[u8], u32) -> u32 + Send + Sync>;

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
    /// By the job's own function, of this number of partitions.
    Custom(PartitionFn, u32),
}

impl fmt::Debug for PartitionBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hash(of) => f.debug_tuple("Hash").field(of).finish(),
            Self::Range(bounds) => f.debug_tuple("Range").field(&bounds.len()).finish(),
            Self::Only { partition, of } => {
                f.debug_tuple("Only").field(partition).field(of).finish()
            }
            Self::Custom(_, of) => f.debug_tuple("Custom").field(of).finish(),
        }
    }
}

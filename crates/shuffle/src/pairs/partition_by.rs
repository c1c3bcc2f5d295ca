//! Assignment of keys to partitions.

use std::fmt;
use std::sync::Arc;

/// Partition function of a job. It maps a key and the number of partitions to a partition.
pub type PartitionFn = Arc<dyn Fn(&[u8], u32) -> u32 + Send + Sync>;

/// Assignment of keys to partitions.
#[derive(Clone)]
pub enum PartitionBy {
    /// By the hash of the key. The number is the number of partitions.
    Hash(u32),
    /// By ranges of keys, with `bounds.len() + 1` partitions. A bound is the first key of the partition after it.
    Range(Arc<[Box<[u8]>]>),
    /// All keys to one partition.
    Only {
        /// Partition of all keys.
        partition: u32,
        /// Number of partitions.
        of: u32,
    },
    /// By a function of the job. The number is the number of partitions.
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

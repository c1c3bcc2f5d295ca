//! Diagnosis of a store that makes no progress.

use std::fmt;
use std::time::Duration;

use mapreduce_core::TaskIndex;

/// Diagnosis of a store, and of one of its jobs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// Problems of the store itself, most severe first.
    pub problems: Vec<StoreProblem>,
    /// The first few held tasks, in the order in which they were added.
    pub held: Vec<HeldTask>,
    /// Generation number of the job, which grows whenever tasks are added again: returned, reopened or repaired.
    pub generation: u64,
}

/// A task that a worker holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldTask {
    /// The task.
    pub index: TaskIndex,
    /// The store's identifier of this delivery.
    pub entry: String,
    /// The worker that holds the task.
    pub worker: String,
    /// Time since the last renewal of the lease.
    pub idle: Duration,
    /// Number of deliveries of this entry, at least 1.
    pub deliveries: u32,
}

/// Problem of a store. Its message contains the next step for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreProblem {
    /// The store is loading its data and answers no other commands.
    Loading,
    /// The store is a replica of another server and refuses writes.
    Replica,
    /// The store is out of memory and refuses writes.
    OutOfMemory {
        /// Bytes in use that count against the limit.
        used: u64,
        /// Memory limit in bytes.
        limit: u64,
    },
    /// The store cannot write to its append-only file and refuses writes.
    AppendOnlyFileFails,
    /// Snapshots fail. A store with save points then refuses writes.
    SnapshotsFail {
        /// Age of the last successful snapshot, if one exists.
        age: Option<Duration>,
    },
    /// The store may evict keys, and with them counts and tasks.
    MayEvict {
        /// The eviction policy.
        policy: String,
    },
    /// The store has evicted keys since it started.
    Evicted {
        /// Number of evicted keys.
        keys: u64,
    },
    /// The store does not report which workers hold tasks.
    HoldersHidden {
        /// The error that the store returned.
        detail: String,
    },
}

impl fmt::Display for StoreProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loading => write!(f, "Redis is loading its data: wait until it has finished"),
            Self::Replica => write!(
                f,
                "Redis is a replica and refuses writes: point redis.url to the primary"
            ),
            Self::OutOfMemory { used, limit } => write!(
                f,
                "Redis is out of memory ({used} bytes used, maxmemory is {limit} bytes) and refuses writes: raise \
                 maxmemory, or remove other data from it"
            ),
            Self::AppendOnlyFileFails => write!(
                f,
                "Redis cannot write to its append-only file and refuses writes: check its disk and its log"
            ),
            Self::SnapshotsFail { age } => {
                write!(f, "Redis snapshots fail")?;
                if let Some(age) = age {
                    write!(f, " (last success: {} s ago)", age.as_secs())?;
                }
                write!(
                    f,
                    "; with save points, Redis refuses writes until a snapshot succeeds: check its disk, the permissions of its \
                     folder and its log"
                )
            }
            Self::MayEvict { policy } => write!(
                f,
                "Redis may evict keys and lose counts: its maxmemory-policy is {policy:?}; set it to noeviction"
            ),
            Self::Evicted { keys } => write!(
                f,
                "Redis has evicted {keys} keys since it started, possibly of this job: set its maxmemory-policy to \
                 noeviction and raise maxmemory"
            ),
            Self::HoldersHidden { detail } => {
                write!(f, "cannot list the workers that hold tasks: {detail}")
            }
        }
    }
}

//! Health: what may keep a store, and a job in it, from going on.

use std::fmt;
use std::time::Duration;

use mapreduce::TaskIndex;

/// What is known of a store, and of a job in it, when somebody asks why nothing happens.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// What is wrong with the store itself, the worst first.
    pub troubles: Vec<StoreTrouble>,
    /// The first few tasks that are held, those first that were added first.
    pub held: Vec<HeldTask>,
    /// Grows whenever tasks of the job are added again: given back, reopened or repaired.
    pub generation: u64,
}

/// A task that a worker holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldTask {
    /// The task.
    pub index: TaskIndex,
    /// The store's own name of this delivery.
    pub entry: String,
    /// Who holds it.
    pub worker: String,
    /// Time since its lease was renewed.
    pub idle: Duration,
    /// How often this entry was delivered, at least 1.
    pub deliveries: u32,
}

/// What can be wrong with a store. Shown as a sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreTrouble {
    /// It reads its data and answers nothing else.
    Loading,
    /// It is the copy of another server, and takes no writes.
    Replica,
    /// Its memory is used up, and it takes no writes.
    OutOfMemory {
        /// Bytes in use that count.
        used: u64,
        /// Bytes that may be used.
        limit: u64,
    },
    /// It cannot append to its log of writes, and takes no others.
    LogFails,
    /// Its snapshots fail; with save points it takes no writes.
    SnapshotsFail {
        /// Age of the last one that succeeded, if there was one.
        age: Option<Duration>,
    },
    /// It may evict keys, and with them counts and tasks.
    MayEvict {
        /// What it does when its memory is used up.
        policy: String,
    },
    /// It has evicted keys since it started.
    Evicted {
        /// How many.
        keys: u64,
    },
    /// It does not tell who holds tasks.
    Hidden {
        /// What it says instead.
        detail: String,
    },
}

impl fmt::Display for StoreTrouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loading => write!(f, "Redis is loading its data; it goes on by itself"),
            Self::Replica => write!(
                f,
                "Redis is a replica and takes no writes: point redis.url to the primary"
            ),
            Self::OutOfMemory { used, limit } => write!(
                f,
                "the memory of Redis is used up, {used} bytes of a maxmemory of {limit}, and it takes no writes: \
                 raise maxmemory, or remove what else is in it"
            ),
            Self::LogFails => write!(
                f,
                "Redis cannot write to its append-only file, and takes no writes: look at its disk and its log"
            ),
            Self::SnapshotsFail { age } => {
                write!(f, "snapshots of Redis fail")?;
                if let Some(age) = age {
                    write!(f, ", the last good one is {} s old", age.as_secs())?;
                }
                write!(
                    f,
                    ", and with save points it takes no writes until one succeeds: look at its disk, at the permissions \
                     of its folder and at its log"
                )
            }
            Self::MayEvict { policy } => write!(
                f,
                "Redis may evict keys and so lose counts: its maxmemory-policy is {policy:?}, set it to noeviction"
            ),
            Self::Evicted { keys } => write!(
                f,
                "Redis has evicted {keys} keys since it started, maybe of this job: set its maxmemory-policy to \
                 noeviction and raise maxmemory"
            ),
            Self::Hidden { detail } => write!(f, "who holds tasks is not known: {detail}"),
        }
    }
}

//! Blobs, their names, and ranges of them.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use mapreduce_core::TaskIndex;
use tempfile::TempPath;

/// Name of a blob, which one attempt of one task wrote: `run:<task>:<attempt>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobId {
    /// The task.
    pub task: TaskIndex,
    /// The attempt. It is unique among all attempts of the task. In a folder it may contain only `A-Z a-z 0-9 . _ -`.
    pub attempt: String,
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run:{}:{}", self.task, self.attempt)
    }
}

/// A blob to store. Clones share the bytes.
#[derive(Debug, Clone)]
pub enum Blob {
    /// Bytes in memory.
    Memory(Bytes),
    /// A local file and its length in bytes. The file is deleted when the last clone is dropped.
    File(Arc<TempPath>, u64),
}

impl Blob {
    /// Returns the length in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(_, len) => *len,
        }
    }

    /// Returns whether the blob has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl From<Bytes> for Blob {
    fn from(bytes: Bytes) -> Self {
        Self::Memory(bytes)
    }
}

impl From<Vec<u8>> for Blob {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Memory(bytes.into())
    }
}

/// A byte range of a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobRange {
    /// The blob.
    pub blob: BlobId,
    /// The range, counted from the start of the blob.
    pub range: Range<u64>,
}

/// Capacity of a store that has a limit, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    /// Maximum number of bytes that the store may hold.
    pub limit: u64,
    /// Bytes that the store holds now, including data of other programs.
    pub used: u64,
}

impl Capacity {
    /// Returns the free capacity.
    pub fn free(&self) -> u64 {
        self.limit.saturating_sub(self.used)
    }
}

//! What is stored and what is asked for.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use mapreduce::TaskIndex;
use tempfile::TempPath;

/// Names a blob: what one attempt of one task wrote. `run:<task>:<attempt>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlobId {
    /// The task.
    pub task: TaskIndex,
    /// The attempt, unique among all attempts of the task; in a folder only `A-Z a-z 0-9 . _ -`.
    pub attempt: String,
}

impl fmt::Display for BlobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run:{}:{}", self.task, self.attempt)
    }
}

/// A blob to be stored. Clones share the bytes.
#[derive(Debug, Clone)]
pub enum Blob {
    /// In memory.
    Memory(Bytes),
    /// In a local file, with its length in bytes; the file is deleted when the last clone is dropped.
    File(Arc<TempPath>, u64),
}

impl Blob {
    /// Length in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(_, len) => *len,
        }
    }

    /// Whether there are no bytes.
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

/// Some bytes of a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobRange {
    /// The blob.
    pub blob: BlobId,
    /// Which of its bytes, from its start.
    pub range: Range<u64>,
}

/// Room for blobs in a store that has a limit, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// All that the store may hold.
    pub limit: u64,
    /// What it holds now, of ours or of others.
    pub used: u64,
}

impl Room {
    /// What still fits.
    pub fn free(&self) -> u64 {
        self.limit.saturating_sub(self.used)
    }
}

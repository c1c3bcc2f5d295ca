//! Kinds of blobs, and the index of their sections.

use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::block::Place;

/// What a blob is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobKind {
    /// A map attempt's output: in the order of the hash, cut into partitions.
    Run,
    /// A reduce attempt's output: one section, in the order of the result.
    Part,
    /// What did not fit an attempt's memory: one section, in either order. Never leaves the machine.
    Spill,
    /// A map attempt's output of keys with any values: sorted by key, cut into partitions.
    PairRun,
    /// A reduce attempt's output of any rows: a section for each output of the job, in the order of the result.
    RowPart,
    /// Pairs or rows that an attempt keeps for itself. Never leaves the machine.
    PairSpill,
}

impl BlobKind {
    pub(crate) fn magic(self) -> &'static [u8; 8] {
        match self {
            Self::Run => b"mr-run-1",
            Self::Part => b"mr-part1",
            Self::Spill => b"mr-spil1",
            Self::PairRun => b"mr-pair1",
            Self::RowPart => b"mr-rows1",
            Self::PairSpill => b"mr-pspl1",
        }
    }

    /// The place of a section of such a blob of `task`.
    pub(super) fn place(self, task: u32, partition: u32) -> Place {
        Place {
            kind: match self {
                Self::Run => 1,
                Self::Part => 2,
                Self::Spill => 3,
                Self::PairRun => 4,
                Self::RowPart => 5,
                Self::PairSpill => 6,
            },
            task,
            partition,
        }
    }
}

/// Where a section lies in its blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Entry {
    /// Offset of its first block, in bytes.
    pub offset: u64,
    /// Length of all its blocks, in bytes.
    pub len: u64,
    /// Number of records in it.
    pub records: u64,
}

pub(crate) const HEADER: usize = 16;
pub(crate) const ENTRY: usize = 32;

impl Entry {
    /// Which bytes of a blob hold the entry of `partition`.
    pub fn range(partition: u32) -> Range<u64> {
        let start = HEADER as u64 + ENTRY as u64 * u64::from(partition);
        start..start + ENTRY as u64
    }

    /// The entry in these bytes, if they are what the writer of that blob wrote there.
    pub fn read(bytes: &[u8], kind: BlobKind, task: u32, partition: u32) -> Option<Self> {
        let bytes: &[u8; ENTRY] = bytes.try_into().ok()?;
        let (words, _) = bytes.as_chunks::<8>();
        let [offset, len, records, checksum] =
            std::array::from_fn(|at| u64::from_le_bytes(words[at]));
        let entry = Self {
            offset,
            len,
            records,
        };
        let valid = entry.checksum(kind.place(task, partition)) == checksum;
        (valid && offset.checked_add(len).is_some()).then_some(entry)
    }

    /// Which bytes of the blob the section is.
    pub fn section(&self) -> Range<u64> {
        self.offset..self.offset + self.len
    }

    pub(crate) fn checksum(&self, place: Place) -> u64 {
        xxh3_64_with_seed(&self.numbers(), place.seed([u64::MAX; 3]))
    }

    pub(crate) fn numbers(&self) -> [u8; 24] {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.offset.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.len.to_le_bytes());
        bytes[16..].copy_from_slice(&self.records.to_le_bytes());
        bytes
    }
}

//! Kinds of blobs, and the entries of their index.

use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::block::SectionLocation;

/// Kind of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobKind {
    /// Output of a map attempt of a counting job: sorted by hash, with a section for each partition.
    Run,
    /// Partition result of a counting job: one section, in the order of the result.
    PartitionResult,
    /// Counts that did not fit into the memory of an attempt: one section in either order. It stays on the machine.
    Spill,
    /// Output of a map attempt of any other job: sorted by key, with a section for each partition.
    PairRun,
    /// Partition result of any other job: a section for each output of the job, in the order of the result.
    RowPartitionResult,
    /// Pairs or rows that did not fit into the memory of an attempt. It stays on the machine.
    PairSpill,
}

impl BlobKind {
    pub(crate) fn magic(self) -> &'static [u8; 8] {
        match self {
            Self::Run => b"mr-run-1",
            Self::PartitionResult => b"mr-part1",
            Self::Spill => b"mr-spil1",
            Self::PairRun => b"mr-pair1",
            Self::RowPartitionResult => b"mr-rows1",
            Self::PairSpill => b"mr-pspl1",
        }
    }

    /// Returns the location of a section in a blob of this kind.
    pub(super) fn location(self, task: u32, partition: u32) -> SectionLocation {
        SectionLocation {
            kind: match self {
                Self::Run => 1,
                Self::PartitionResult => 2,
                Self::Spill => 3,
                Self::PairRun => 4,
                Self::RowPartitionResult => 5,
                Self::PairSpill => 6,
            },
            task,
            partition,
        }
    }
}

/// Index entry of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SectionEntry {
    /// Offset of the section in the blob, in bytes.
    pub offset: u64,
    /// Length of the section, in bytes.
    pub len: u64,
    /// Number of records in the section.
    pub records: u64,
}

/// Length of the header of a blob, in bytes.
pub(crate) const HEADER: usize = 16;
/// Length of an entry, in bytes.
pub(crate) const ENTRY: usize = 32;

impl SectionEntry {
    /// Returns the byte range of the entry of `partition` in a blob.
    pub fn range(partition: u32) -> Range<u64> {
        let start = HEADER as u64 + ENTRY as u64 * u64::from(partition);
        start..start + ENTRY as u64
    }

    /// Decodes an entry, or returns `None` if its checksum does not match the blob and the partition.
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
        let valid = entry.checksum(kind.location(task, partition)) == checksum;
        (valid && offset.checked_add(len).is_some()).then_some(entry)
    }

    /// Returns the byte range of the section in the blob.
    pub fn section(&self) -> Range<u64> {
        self.offset..self.offset + self.len
    }

    pub(crate) fn checksum(&self, location: SectionLocation) -> u64 {
        xxh3_64_with_seed(&self.numbers(), location.seed([u64::MAX; 3]))
    }

    pub(crate) fn numbers(&self) -> [u8; 24] {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.offset.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.len.to_le_bytes());
        bytes[16..].copy_from_slice(&self.records.to_le_bytes());
        bytes
    }
}

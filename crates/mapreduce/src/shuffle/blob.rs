//! Blobs: a header, an index with an entry for each partition, and the sections.
//!
//! | bytes           | what                                                                       |
//! |-----------------|----------------------------------------------------------------------------|
//! | 8               | what it is: `mr-run-1`, `mr-part1` or `mr-spil1`                           |
//! | 4               | number of partitions                                                       |
//! | 4               | the task that wrote it                                                     |
//! | 32 × partitions | for each section: offset, length, records, XXH3-64 of these three, 8 bytes each |
//! | …               | sections: blocks, one after the other (see `block`)                        |
//!
//! Numbers are little-endian. An entry lies where its partition says, so a reader needs one entry and one
//! section, nothing else. The seed of an entry's checksum covers the kind, the task and the partition.

use std::io::{self, Write};
use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::block::{FULL, MOST, Packer, Place};
use super::record;
use super::spool::{Scratch, Spool, Spooled};

/// What a blob is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobKind {
    /// A map attempt's output: in the order of the hash, cut into partitions.
    Run,
    /// A reduce attempt's output: one section, in the order of the result.
    Part,
    /// What did not fit an attempt's memory: one section, in either order. Never leaves the machine.
    Spill,
}

impl BlobKind {
    fn magic(self) -> &'static [u8; 8] {
        match self {
            Self::Run => b"mr-run-1",
            Self::Part => b"mr-part1",
            Self::Spill => b"mr-spil1",
        }
    }

    /// The place of a section of such a blob of `task`.
    pub(super) fn place(self, task: u32, partition: u32) -> Place {
        Place {
            kind: match self {
                Self::Run => 1,
                Self::Part => 2,
                Self::Spill => 3,
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

const HEADER: usize = 16;
const ENTRY: usize = 32;

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

    fn checksum(&self, place: Place) -> u64 {
        xxh3_64_with_seed(&self.numbers(), place.seed([u64::MAX; 3]))
    }

    fn numbers(&self) -> [u8; 24] {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.offset.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.len.to_le_bytes());
        bytes[16..].copy_from_slice(&self.records.to_le_bytes());
        bytes
    }
}

/// Writes a blob, record by record.
#[derive(Debug)]
pub struct BlobWriter {
    kind: BlobKind,
    task: u32,
    partitions: u32,
    spool: Spool,
    packer: Packer,
    /// Records of the block that is being filled.
    raw: Vec<u8>,
    /// Blocks written in this section.
    blocks: u64,
    partition: u32,
    entry: Entry,
    records: u64,
    sum: u64,
}

/// A finished blob.
#[derive(Debug)]
pub struct WrittenBlob {
    /// Its bytes.
    pub bytes: Spooled,
    /// Number of records in it.
    pub records: u64,
    /// Sum of all their counts.
    pub sum: u64,
}

impl BlobWriter {
    /// A blob of `task` with so many `partitions`, at least 1. Of its bytes, up to `limit` are kept in
    /// memory. `compress` makes LZ4 of blocks that shrink by it.
    ///
    /// # Errors
    /// Those of the local file, here and below.
    pub fn new(
        kind: BlobKind,
        task: u32,
        partitions: u32,
        compress: bool,
        limit: usize,
        scratch: &Scratch,
    ) -> io::Result<Self> {
        let mut spool = Spool::new(limit, scratch);
        spool.write_all(kind.magic())?;
        spool.write_all(&partitions.to_le_bytes())?;
        spool.write_all(&task.to_le_bytes())?;
        spool.write_all(&vec![0; ENTRY * partitions as usize])?;
        let entry = Entry {
            offset: spool.len(),
            ..Entry::default()
        };
        Ok(Self {
            kind,
            task,
            partitions,
            spool,
            packer: Packer::new(compress),
            raw: Vec::with_capacity(FULL + (4 << 10)),
            blocks: 0,
            partition: 0,
            entry,
            records: 0,
            sum: 0,
        })
    }

    /// Adds a record to `partition`, which is not below that of the record before.
    #[inline]
    pub fn push(&mut self, partition: u32, key: &[u8], count: u64) -> io::Result<()> {
        while self.partition < partition {
            self.end_section()?;
        }
        if key.len() > MOST - record::MOST_NUMBERS {
            return Err(too_long(key));
        }
        record::put(&mut self.raw, key, count);
        self.entry.records += 1;
        self.sum = self.sum.saturating_add(count);
        if self.raw.len() >= FULL {
            self.end_block()?;
        }
        Ok(())
    }

    /// Ends the blob.
    pub fn finish(mut self) -> io::Result<WrittenBlob> {
        while self.partition < self.partitions {
            self.end_section()?;
        }
        Ok(WrittenBlob {
            bytes: self.spool.finish()?,
            records: self.records,
            sum: self.sum,
        })
    }

    fn place(&self) -> Place {
        self.kind.place(self.task, self.partition)
    }

    fn end_block(&mut self) -> io::Result<()> {
        if self.raw.is_empty() {
            return Ok(());
        }
        let (header, stored) = self.packer.pack(
            self.kind.place(self.task, self.partition),
            self.blocks,
            &self.raw,
        );
        self.spool.write_all(&header)?;
        self.spool.write_all(stored)?;
        self.raw.clear();
        self.blocks += 1;
        Ok(())
    }

    fn end_section(&mut self) -> io::Result<()> {
        self.end_block()?;
        self.entry.len = self.spool.len() - self.entry.offset;
        let mut bytes = self.entry.numbers().to_vec();
        bytes.extend(self.entry.checksum(self.place()).to_le_bytes());
        self.spool
            .patch(Entry::range(self.partition).start as usize, &bytes)?;
        self.records += self.entry.records;
        self.entry = Entry {
            offset: self.spool.len(),
            ..Entry::default()
        };
        (self.partition, self.blocks) = (self.partition + 1, 0);
        Ok(())
    }
}

#[cold]
fn too_long(key: &[u8]) -> io::Error {
    let start = String::from_utf8_lossy(&key[..40]);
    io::Error::other(format!(
        "the key that starts with {start:?} is {} bytes long; at most 1 GiB is possible",
        key.len()
    ))
}

//! Writer of blobs. A blob has a header, an index with an entry for each partition, and a section for each partition.
//!
//! | bytes           | content                                                                    |
//! |-----------------|----------------------------------------------------------------------------|
//! | 8               | kind: `mr-run-1`, `mr-part1` or `mr-spil1` for counts,                     |
//! |                 | `mr-pair1`, `mr-rows1` or `mr-pspl1` for pairs                             |
//! | 4               | number of partitions                                                       |
//! | 4               | index of the task that wrote the blob                                      |
//! | 32 × partitions | for each section: offset, length, records, XXH3-64 of these three; 8 bytes each |
//! | …               | sections, each a sequence of blocks (see `block`)                          |
//!
//! Numbers are little-endian. The partition determines the offset of its entry, so a reader fetches one entry and one
//! section only. The seed of an entry's checksum covers the kind, the task and the partition.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use super::block::{BLOCK_SIZE, MAX_RECORD, Packer, SectionLocation};
use super::entry::{BlobKind, ENTRY, SectionEntry};
use super::error::ShuffleError;
use super::record;
use super::section::Section;
use super::spool::{Scratch, Spool, Spooled};

/// Writer of a blob, record by record.
#[derive(Debug)]
pub struct BlobWriter {
    kind: BlobKind,
    task: u32,
    partitions: u32,
    spool: Spool,
    packer: Packer,
    /// Uncompressed records of the current block.
    raw: Vec<u8>,
    /// Number of blocks in the current section.
    blocks: u64,
    partition: u32,
    entry: SectionEntry,
    records: u64,
    sum: u64,
}

/// A finished blob.
#[derive(Debug)]
pub struct WrittenBlob {
    /// Bytes of the blob.
    pub bytes: Spooled,
    /// Number of records.
    pub records: u64,
    /// Sum of the counts of all records. A pair counts as one.
    pub sum: u64,
}

impl BlobWriter {
    /// Starts a blob of `task` with `partitions` partitions, at least 1. Up to `limit` bytes stay in memory. `compress`
    /// enables LZ4 for blocks that shrink by it.
    ///
    /// # Errors
    /// Errors of the local file, as for all methods of this type.
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
        let entry = SectionEntry {
            offset: spool.len(),
            ..SectionEntry::default()
        };
        Ok(Self {
            kind,
            task,
            partitions,
            spool,
            packer: Packer::new(compress),
            raw: Vec::with_capacity(BLOCK_SIZE + (4 << 10)),
            blocks: 0,
            partition: 0,
            entry,
            records: 0,
            sum: 0,
        })
    }

    /// Returns the kind, the task and the number of partitions of the blob.
    pub(super) fn identity(&self) -> (BlobKind, u32, u32) {
        (self.kind, self.task, self.partitions)
    }

    /// Adds a record to `partition`. Partitions must not decrease between calls.
    ///
    /// # Errors
    /// The key is too long, or a local file cannot be written.
    #[inline]
    pub fn push(&mut self, partition: u32, key: &[u8], count: u64) -> io::Result<()> {
        self.move_to(partition)?;
        if key.len() > MAX_RECORD - record::MAX_NUMBERS_LEN {
            return Err(too_long(key, key.len()));
        }
        record::put(&mut self.raw, key, count);
        self.entry.records += 1;
        self.sum = self.sum.saturating_add(count);
        if self.raw.len() >= BLOCK_SIZE {
            self.end_block()?;
        }
        Ok(())
    }

    /// Adds a pair to `partition`. Partitions must not decrease between calls. The value is the concatenation of two
    /// slices, which saves the caller a copy.
    #[inline]
    pub(super) fn push_pair(
        &mut self,
        partition: u32,
        key: &[u8],
        value: [&[u8]; 2],
    ) -> io::Result<()> {
        check_pair(key, value[0].len() + value[1].len())?;
        self.move_to(partition)?;
        record::put_pair(&mut self.raw, key, value);
        self.finish_pair()
    }

    /// Adds a pair that is already encoded as a record, like [`BlobWriter::push_pair`].
    #[inline]
    pub(super) fn push_record(&mut self, partition: u32, record: &[u8]) -> io::Result<()> {
        self.move_to(partition)?;
        self.raw.extend_from_slice(record);
        self.finish_pair()
    }

    #[inline]
    fn finish_pair(&mut self) -> io::Result<()> {
        self.entry.records += 1;
        self.sum += 1;
        if self.raw.len() >= BLOCK_SIZE {
            self.end_block()?;
        }
        Ok(())
    }

    /// Adds all pairs of `section` to `partition`. Copies whole blocks, because decoding the pairs would take more
    /// time.
    pub(super) fn append(
        &mut self,
        partition: u32,
        section: &mut Section,
        cancelled: &AtomicBool,
    ) -> Result<(), ShuffleError> {
        self.move_to(partition)?;
        self.end_block()?;
        let records = section.records_left();
        while let Some(block) = section.next_whole_block()? {
            if cancelled.load(Ordering::Relaxed) {
                return Err(ShuffleError::Cancelled);
            }
            self.pack(block)?;
        }
        self.entry.records += records;
        self.sum += records;
        Ok(())
    }

    #[inline]
    fn move_to(&mut self, partition: u32) -> io::Result<()> {
        while self.partition < partition {
            self.end_section()?;
        }
        Ok(())
    }

    /// Finishes the blob.
    ///
    /// # Errors
    /// A local file cannot be written.
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

    fn location(&self) -> SectionLocation {
        self.kind.location(self.task, self.partition)
    }

    fn end_block(&mut self) -> io::Result<()> {
        if self.raw.is_empty() {
            return Ok(());
        }
        let mut raw = std::mem::take(&mut self.raw);
        self.pack(&raw)?;
        raw.clear();
        self.raw = raw;
        Ok(())
    }

    /// Writes the records `raw` as one block.
    fn pack(&mut self, raw: &[u8]) -> io::Result<()> {
        let location = self.kind.location(self.task, self.partition);
        let (header, stored) = self.packer.pack(location, self.blocks, raw);
        self.spool.write_all(&header)?;
        self.spool.write_all(stored)?;
        self.blocks += 1;
        Ok(())
    }

    fn end_section(&mut self) -> io::Result<()> {
        self.end_block()?;
        self.entry.len = self.spool.len() - self.entry.offset;
        let mut bytes = self.entry.numbers().to_vec();
        bytes.extend(self.entry.checksum(self.location()).to_le_bytes());
        self.spool
            .patch(SectionEntry::range(self.partition).start as usize, &bytes)?;
        self.records += self.entry.records;
        self.entry = SectionEntry {
            offset: self.spool.len(),
            ..SectionEntry::default()
        };
        (self.partition, self.blocks) = (self.partition + 1, 0);
        Ok(())
    }
}

/// Returns an error if a pair is too long for a block.
#[inline]
pub(super) fn check_pair(key: &[u8], value: usize) -> io::Result<()> {
    let len = key.len().saturating_add(value);
    match len > MAX_RECORD - record::MAX_NUMBERS_LEN {
        true => Err(too_long(key, len)),
        false => Ok(()),
    }
}

#[cold]
fn too_long(key: &[u8], len: usize) -> io::Error {
    let start = String::from_utf8_lossy(&key[..key.len().min(40)]);
    io::Error::other(format!(
        "the record with the key {start:?}… has {len} bytes; the maximum is 1 GiB"
    ))
}

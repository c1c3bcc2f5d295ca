//! Blobs: a header, an index with an entry for each partition, and the sections.
//!
//! | bytes           | what                                                                       |
//! |-----------------|----------------------------------------------------------------------------|
//! | 8               | what it is: `mr-run-1`, `mr-part1` or `mr-spil1` with counts,              |
//! |                 | `mr-pair1`, `mr-rows1` or `mr-pspl1` with pairs                            |
//! | 4               | number of partitions                                                       |
//! | 4               | the task that wrote it                                                     |
//! | 32 × partitions | for each section: offset, length, records, XXH3-64 of these three, 8 bytes each |
//! | …               | sections: blocks, one after the other (see `block`)                        |
//!
//! Numbers are little-endian. An entry lies where its partition says, so a reader needs one entry and one
//! section, nothing else. The seed of an entry's checksum covers the kind, the task and the partition.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use super::block::{FULL, MOST, Packer, Place};
use super::entry::{BlobKind, ENTRY, Entry};
use super::error::ShuffleError;
use super::record;
use super::section::Section;
use super::spool::{Scratch, Spool, Spooled};

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
    /// Sum of all their counts; of pairs, their number.
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

    /// What it writes: the kind, the task, the number of partitions.
    pub(super) fn what(&self) -> (BlobKind, u32, u32) {
        (self.kind, self.task, self.partitions)
    }

    /// Adds a record to `partition`, which is not below that of the record before.
    #[inline]
    pub fn push(&mut self, partition: u32, key: &[u8], count: u64) -> io::Result<()> {
        self.go_to(partition)?;
        if key.len() > MOST - record::MOST_NUMBERS {
            return Err(too_long(key, key.len()));
        }
        record::put(&mut self.raw, key, count);
        self.entry.records += 1;
        self.sum = self.sum.saturating_add(count);
        if self.raw.len() >= FULL {
            self.end_block()?;
        }
        Ok(())
    }

    /// Adds a pair to `partition`, which is not below that of the record before. The value comes in two pieces.
    #[inline]
    pub(super) fn push_pair(
        &mut self,
        partition: u32,
        key: &[u8],
        value: [&[u8]; 2],
    ) -> io::Result<()> {
        check_pair(key, value[0].len() + value[1].len())?;
        self.go_to(partition)?;
        record::put_pair(&mut self.raw, key, value);
        self.added_pair()
    }

    /// As [`BlobWriter::push_pair`], for a pair that is a record already.
    #[inline]
    pub(super) fn push_record(&mut self, partition: u32, record: &[u8]) -> io::Result<()> {
        self.go_to(partition)?;
        self.raw.extend_from_slice(record);
        self.added_pair()
    }

    #[inline]
    fn added_pair(&mut self) -> io::Result<()> {
        self.entry.records += 1;
        self.sum += 1;
        if self.raw.len() >= FULL {
            self.end_block()?;
        }
        Ok(())
    }

    /// Adds all pairs of `section` to `partition`, block by block.
    pub(super) fn append(
        &mut self,
        partition: u32,
        section: &mut Section,
        cancelled: &AtomicBool,
    ) -> Result<(), ShuffleError> {
        self.go_to(partition)?;
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
    fn go_to(&mut self, partition: u32) -> io::Result<()> {
        while self.partition < partition {
            self.end_section()?;
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
        let mut raw = std::mem::take(&mut self.raw);
        self.pack(&raw)?;
        raw.clear();
        self.raw = raw;
        Ok(())
    }

    /// Writes the records `raw` as a block.
    fn pack(&mut self, raw: &[u8]) -> io::Result<()> {
        let place = self.kind.place(self.task, self.partition);
        let (header, stored) = self.packer.pack(place, self.blocks, raw);
        self.spool.write_all(&header)?;
        self.spool.write_all(stored)?;
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

/// Refuses a pair that is too long for a block.
#[inline]
pub(super) fn check_pair(key: &[u8], value: usize) -> io::Result<()> {
    let len = key.len().saturating_add(value);
    match len > MOST - record::MOST_NUMBERS {
        true => Err(too_long(key, len)),
        false => Ok(()),
    }
}

#[cold]
fn too_long(key: &[u8], len: usize) -> io::Error {
    let start = String::from_utf8_lossy(&key[..key.len().min(40)]);
    io::Error::other(format!(
        "the key that starts with {start:?} is, with its value, {len} bytes long; at most 1 GiB is possible"
    ))
}

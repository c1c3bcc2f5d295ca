//! Records that an attempt left out, as a blob beside its run: for people only, nothing is computed from it.
//!
//! ```text
//! 0        8        16
//! | len u64 | XXH3 u64 | NDJSON, len bytes: an object for each record |      (little endian)
//! ```

use bytes::Bytes;
use mapreduce::TaskIndex;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::{Blob, BlobId, BlobRange};

/// Length and checksum.
const HEAD: u64 = 16;

/// A record that was left out: a line of the file of bad records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadRecord {
    /// The input file, as the worker sees it.
    pub file: String,
    /// Bytes from the start of the file, decompressed, to the record; in Parquet the number of its row, from 0.
    pub offset: u64,
    /// Its first line, from 1; none in Parquet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Why the job failed at it.
    pub error: String,
    /// The record, or its beginning.
    pub record: String,
    /// Its length in bytes, if `record` is its beginning only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
}

/// The blob with the records that `attempt` at `task` left out.
pub fn bad_records_id(task: TaskIndex, attempt: &str) -> BlobId {
    BlobId {
        task,
        attempt: format!("{attempt}.bad"),
    }
}

/// Packs `records`.
pub fn pack(records: &[BadRecord]) -> Blob {
    let mut bytes = vec![0; HEAD as usize];
    for record in records {
        let line = serde_json::to_vec(record).expect("plain data is JSON");
        bytes.extend_from_slice(&line);
        bytes.push(b'\n');
    }
    let (head, lines) = bytes.split_at_mut(HEAD as usize);
    head[..8].copy_from_slice(&(lines.len() as u64).to_le_bytes());
    head[8..].copy_from_slice(&xxh3_64(lines).to_le_bytes());
    bytes.into()
}

/// What to read first of a blob.
pub fn head_of(blob: &BlobId) -> BlobRange {
    BlobRange {
        blob: blob.clone(),
        range: 0..HEAD,
    }
}

/// Where the lines of a blob are whose head has been read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lines {
    len: u64,
    sum: u64,
}

impl Lines {
    /// What `head` says; `None` if it is none.
    pub fn of(head: &[u8]) -> Option<Self> {
        let (len, sum) = head.split_first_chunk()?;
        let sum = sum.first_chunk()?;
        Some(Self {
            len: u64::from_le_bytes(*len),
            sum: u64::from_le_bytes(*sum),
        })
    }

    /// Their length in bytes; not to be trusted.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What to read then.
    pub fn range(&self, blob: &BlobId) -> BlobRange {
        BlobRange {
            blob: blob.clone(),
            range: HEAD..HEAD.saturating_add(self.len),
        }
    }

    /// Whether `lines` are those that were packed.
    pub fn are(&self, lines: &Bytes) -> bool {
        lines.len() as u64 == self.len && xxh3_64(lines) == self.sum
    }
}

#[cfg(test)]
mod tests {
    use mapreduce::JobId;

    use super::*;
    use crate::{BlobStore, MemoryBlobs};

    #[tokio::test]
    async fn what_was_packed_is_read_in_two_steps_and_damage_is_seen() {
        let record = BadRecord {
            file: "in/a.txt".to_owned(),
            offset: 345,
            line: Some(12),
            error: "the mapper panicked: \"ö\"\nnote".to_owned(),
            record: "a\tb".to_owned(),
            length: None,
        };
        let row = BadRecord {
            line: None,
            length: Some(5000),
            ..record.clone()
        };
        let (blobs, job) = (MemoryBlobs::default(), JobId::new("j").unwrap());
        let id = bad_records_id(TaskIndex(3), "1-4.2.ab");
        assert_eq!(id.attempt, "1-4.2.ab.bad");
        let packed = pack(&[record.clone(), row.clone()]);
        blobs.put(&job, &id, &packed).await.unwrap();

        let head = blobs.read(&job, &[head_of(&id)]).await.unwrap().remove(0);
        let lines = Lines::of(&head.unwrap()).unwrap();
        assert!(!lines.is_empty());
        assert_eq!(lines.len() + HEAD, packed.len());
        let read = blobs.read(&job, &[lines.range(&id)]).await.unwrap();
        let read = read[0].clone().unwrap();
        assert!(lines.are(&read));
        let parsed: Vec<BadRecord> = read
            .split_inclusive(|byte| *byte == b'\n')
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        assert_eq!(parsed, [record, row]);

        let mut damaged = read.to_vec();
        damaged[7] ^= 1;
        assert!(!lines.are(&damaged.into()));
        assert!(!lines.are(&read.slice(1..)));
        assert_eq!(Lines::of(&[0; 15]), None);
    }
}

//! Records that an attempt skipped, stored as a blob next to its run. They are for the user only: no result is computed
//! from them.
//!
//! ```text
//! 0        8        16
//! | len u64 | XXH3 u64 | NDJSON, len bytes: an object for each record |      (little endian)
//! ```

use bytes::Bytes;
use mapreduce_core::TaskIndex;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::types::{Blob, BlobId, BlobRange};

/// Length of the header in bytes.
const HEADER: u64 = 16;

/// A skipped record: a line of the file of bad records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BadRecord {
    /// The input file, with the path that the worker uses.
    pub file: String,
    /// Offset of the record in the decompressed file, in bytes. For Parquet it is the number of the row, from 0.
    pub offset: u64,
    /// Line number of the record, from 1. `None` for Parquet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Error of the job at this record.
    pub error: String,
    /// The record, or its beginning if it is long.
    pub record: String,
    /// Length of the whole record in bytes, if `record` is only its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
}

/// Returns the name of the blob with the records that `attempt` at `task` skipped.
pub fn bad_records_id(task: TaskIndex, attempt: &str) -> BlobId {
    BlobId {
        task,
        attempt: format!("{attempt}.bad"),
    }
}

/// Encodes `records` as a blob.
pub fn pack(records: &[BadRecord]) -> Blob {
    let mut bytes = vec![0; HEADER as usize];
    for record in records {
        let line = serde_json::to_vec(record).expect("plain data is JSON");
        bytes.extend_from_slice(&line);
        bytes.push(b'\n');
    }
    let (header, lines) = bytes.split_at_mut(HEADER as usize);
    header[..8].copy_from_slice(&(lines.len() as u64).to_le_bytes());
    header[8..].copy_from_slice(&xxh3_64(lines).to_le_bytes());
    bytes.into()
}

/// Returns the range of the header of a blob.
pub fn header_range(blob: &BlobId) -> BlobRange {
    BlobRange {
        blob: blob.clone(),
        range: 0..HEADER,
    }
}

/// Header of a blob of bad records: length and checksum of its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadRecordsHeader {
    len: u64,
    sum: u64,
}

impl BadRecordsHeader {
    /// Parses a header. Returns `None` if `header` is too short.
    pub fn parse(header: &[u8]) -> Option<Self> {
        let (len, sum) = header.split_first_chunk()?;
        let sum = sum.first_chunk()?;
        Some(Self {
            len: u64::from_le_bytes(*len),
            sum: u64::from_le_bytes(*sum),
        })
    }

    /// Returns the length of the lines in bytes. It comes from the blob and may be wrong.
    pub fn lines_len(&self) -> u64 {
        self.len
    }

    /// Returns the range of the lines.
    pub fn lines_range(&self, blob: &BlobId) -> BlobRange {
        BlobRange {
            blob: blob.clone(),
            range: HEADER..HEADER.saturating_add(self.len),
        }
    }

    /// Returns whether `lines` have the length and the checksum of the header.
    pub fn matches(&self, lines: &Bytes) -> bool {
        lines.len() as u64 == self.len && xxh3_64(lines) == self.sum
    }
}

#[cfg(test)]
mod tests {
    use mapreduce_core::JobId;

    use super::*;
    use crate::blobs::MemoryBlobs;
    use crate::traits::BlobStore;

    #[tokio::test]
    async fn packed_records_are_read_in_two_steps_and_damage_is_detected() {
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

        let head = blobs
            .read(&job, &[header_range(&id)])
            .await
            .unwrap()
            .remove(0);
        let header = BadRecordsHeader::parse(&head.unwrap()).unwrap();
        assert!(header.lines_len() > 0);
        assert_eq!(header.lines_len() + HEADER, packed.len());
        let read = blobs.read(&job, &[header.lines_range(&id)]).await.unwrap();
        let read = read[0].clone().unwrap();
        assert!(header.matches(&read));
        let parsed: Vec<BadRecord> = read
            .split_inclusive(|byte| *byte == b'\n')
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        assert_eq!(parsed, [record, row]);

        let mut damaged = read.to_vec();
        damaged[7] ^= 1;
        assert!(!header.matches(&damaged.into()));
        assert!(!header.matches(&read.slice(1..)));
        assert_eq!(BadRecordsHeader::parse(&[0; 15]), None);
    }
}

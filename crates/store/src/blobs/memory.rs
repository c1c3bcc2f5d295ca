//! Blobs in the memory of one process.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use mapreduce_core::JobId;

use super::local_file::{blocking, open, read_range};
use crate::error::StoreResult;
use crate::traits::BlobStore;
use crate::types::{Blob, BlobId, BlobRange, Capacity};

/// Blobs in the memory of this process. Clones share them.
///
/// Reads copy no bytes. A blob in a file stays in the file, and ranges are read from it. Blobs do not expire, since
/// they end with the process.
#[derive(Debug, Clone, Default)]
pub struct MemoryBlobs {
    /// A std mutex is enough: it is held for a few map operations, never across an await or a read of a file.
    jobs: Arc<Mutex<HashMap<JobId, HashMap<BlobId, Blob>>>>,
}

impl MemoryBlobs {
    fn jobs(&self) -> MutexGuard<'_, HashMap<JobId, HashMap<BlobId, Blob>>> {
        self.jobs.lock().expect("no panic under the lock")
    }
}

impl BlobStore for MemoryBlobs {
    async fn put(&self, job: &JobId, id: &BlobId, blob: &Blob) -> StoreResult<()> {
        let mut jobs = self.jobs();
        let blobs = jobs.entry(job.clone()).or_default();
        blobs.insert(id.clone(), blob.clone());
        Ok(())
    }

    async fn read(&self, job: &JobId, ranges: &[BlobRange]) -> StoreResult<Vec<Option<Bytes>>> {
        let (mut replies, mut in_files) = (Vec::with_capacity(ranges.len()), Vec::new());
        {
            let jobs = self.jobs();
            let blobs = jobs.get(job);
            for (at, BlobRange { blob, range }) in ranges.iter().enumerate() {
                if range.is_empty() {
                    replies.push(Some(Bytes::new()));
                    continue;
                }
                let found = blobs.and_then(|blobs| blobs.get(blob));
                replies.push(match found {
                    Some(found) if found.len() < range.end => None,
                    // The casts lose nothing, since the range ends within the bytes.
                    Some(Blob::Memory(bytes)) => {
                        Some(bytes.slice(range.start as usize..range.end as usize))
                    }
                    Some(Blob::File(path, _)) => {
                        in_files.push((at, Arc::clone(path), range.clone()));
                        None
                    }
                    None => None,
                });
            }
        }
        if in_files.is_empty() {
            return Ok(replies);
        }
        blocking(move || {
            for (at, path, range) in in_files {
                if let Some(file) = open(&path)? {
                    replies[at] = read_range(&file, &path, range)?;
                }
            }
            Ok(replies)
        })
        .await
    }

    async fn remove(&self, job: &JobId, ids: &[BlobId]) -> StoreResult<()> {
        let mut removed = Vec::new();
        if let Entry::Occupied(mut blobs) = self.jobs().entry(job.clone()) {
            removed.extend(ids.iter().filter_map(|id| blobs.get_mut().remove(id)));
            if blobs.get().is_empty() {
                blobs.remove();
            }
        }
        // Dropped outside the lock, because the last clone of a blob deletes its file.
        drop(removed);
        Ok(())
    }

    async fn extend_lifetime(&self, _: &JobId, _: &[BlobId], _: Duration) -> StoreResult<()> {
        Ok(())
    }

    async fn capacity(&self) -> StoreResult<Option<Capacity>> {
        Ok(None)
    }
}

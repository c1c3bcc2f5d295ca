//! Files that are shipped with a job, stored as blobs of the job.

use mapreduce_core::ShippedFile;
use mapreduce_core::TaskIndex;
use xxhash_rust::xxh3::xxh3_128;

use crate::types::BlobId;

/// Task of these blobs. No task has this index: the files belong to all tasks.
const NO_TASK: TaskIndex = TaskIndex(u32::MAX);

/// Returns the name of the blob that holds `file`.
pub fn file_id(file: &ShippedFile) -> BlobId {
    BlobId {
        task: NO_TASK,
        attempt: format!("file-{}", file.hash),
    }
}

/// Describes `bytes` as a shipped file with this name.
pub fn describe(name: String, bytes: &[u8], executable: bool) -> ShippedFile {
    ShippedFile {
        name,
        len: bytes.len() as u64,
        hash: format!("{:032x}", xxh3_128(bytes)),
        executable,
    }
}

/// Returns whether `bytes` are the content of `file`.
pub fn is_intact(file: &ShippedFile, bytes: &[u8]) -> bool {
    file.hash == format!("{:032x}", xxh3_128(bytes))
}

//! Files that come with a job, as blobs of it.

use mapreduce::TaskIndex;
use mapreduce::job::ShippedFile;
use xxhash_rust::xxh3::xxh3_128;

use super::BlobId;

/// No task: files belong to all of them.
const NO_TASK: TaskIndex = TaskIndex(u32::MAX);

/// The blob that holds `file`.
pub fn file_id(file: &ShippedFile) -> BlobId {
    BlobId {
        task: NO_TASK,
        attempt: format!("file-{}", file.hash),
    }
}

/// `bytes` as a file of that name.
pub fn describe(name: String, bytes: &[u8], executable: bool) -> ShippedFile {
    ShippedFile {
        name,
        len: bytes.len() as u64,
        hash: format!("{:032x}", xxh3_128(bytes)),
        executable,
    }
}

/// Whether `bytes` are those of `file`.
pub fn is_intact(file: &ShippedFile, bytes: &[u8]) -> bool {
    file.hash == format!("{:032x}", xxh3_128(bytes))
}

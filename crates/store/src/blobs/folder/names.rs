//! Names of folders and files.

use std::path::{Path, PathBuf};

use mapreduce_core::JobId;

use crate::types::BlobId;

/// Prefix of the folder of a job.
pub(super) const JOB_PREFIX: &str = "mr-";
/// Prefix of the file of a blob.
pub(super) const BLOB_PREFIX: &str = "run-";
/// Prefix of a temporary file, to which a blob is written before it gets its name.
pub(super) const TEMPORARY_PREFIX: &str = ".run-";

/// Longest attempt in a file name. File systems allow 255 bytes, and the prefix and the task need some of them.
const MAX_ATTEMPT_LEN: usize = 200;

/// Returns the folder of a job.
pub(super) fn job_folder(folder: &Path, job: &JobId) -> PathBuf {
    folder.join(format!("{JOB_PREFIX}{job}"))
}

/// Returns the file name of a blob, or `None` if its attempt is not safe in a file name.
///
/// The name of an attempt comes from a manifest, which another program may have written.
pub(super) fn file_name(id: &BlobId) -> Option<String> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let attempt = &id.attempt;
    let safe =
        !attempt.is_empty() && attempt.len() <= MAX_ATTEMPT_LEN && attempt.bytes().all(allowed);
    safe.then(|| format!("{BLOB_PREFIX}{}-{attempt}", id.task))
}

#[cfg(test)]
mod tests {
    use mapreduce_core::TaskIndex;

    use super::*;

    #[test]
    fn only_safe_attempts_name_files() {
        let name = |attempt: &str| {
            file_name(&BlobId {
                task: TaskIndex(7),
                attempt: attempt.to_owned(),
            })
        };
        assert_eq!(name("host-1.a_B").as_deref(), Some("run-7-host-1.a_B"));
        assert_eq!(name("..").as_deref(), Some("run-7-.."));
        assert!(name(&"x".repeat(200)).is_some());
        for unsafe_name in ["", "a/b", "/../x", "a b", "a\0", "é", &"x".repeat(201)] {
            assert_eq!(name(unsafe_name), None, "{unsafe_name:?}");
        }
    }
}

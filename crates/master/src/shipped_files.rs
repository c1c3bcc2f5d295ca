//! Files that are shipped with a job: the master reads them at its start, and puts them into the store of blobs for the
//! workers.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use mapreduce_core::JobId;
use mapreduce_core::ShippedFile;
use store::blobs::job_files::{describe, file_id};
use store::{BlobId, BlobRange, BlobStore, JobRef, StoreResult};

use crate::error::MasterError;

/// Maximum total size of all files, in bytes. They pass through Redis, and every worker briefly holds them in memory.
const MAX_TOTAL: u64 = 64 << 20;

/// Reads the files at `paths`.
///
/// # Errors
/// A file cannot be read, two files have the same name, or the files are too large.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Vec<(ShippedFile, Bytes)>, MasterError> {
    let mut files: Vec<(ShippedFile, Bytes)> = Vec::with_capacity(paths.len());
    let mut total = 0;
    for path in paths {
        let (file, bytes) = read_one(path, MAX_TOTAL - total)?;
        if files.iter().any(|(other, _)| other.name == file.name) {
            let what = format!(
                "has the same name as another file, {:?}; rename one of them",
                file.name
            );
            return Err(refused(path, what));
        }
        total += file.len;
        files.push((file, bytes));
    }
    Ok(files)
}

fn read_one(path: &Path, available: u64) -> Result<(ShippedFile, Bytes), MasterError> {
    let unreadable = |error: std::io::Error| {
        refused(
            path,
            format!("cannot be read: {error}; check the path and its permissions"),
        )
    };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        let what =
            "is not a file; to ship a folder, make an archive of it and let the command unpack it";
        return Err(refused(path, what.to_owned()));
    }
    if metadata.len() > available {
        let what = format!(
            "is too large: the limit for all files is {} MiB in total; put large files where every worker can read them",
            MAX_TOTAL >> 20
        );
        return Err(refused(path, what));
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let file = describe(name, &bytes, metadata.permissions().mode() & 0o111 != 0);
    match file.has_plain_name() {
        true => Ok((file, bytes.into())),
        false => Err(refused(
            path,
            "has a name that is not valid on every system; use letters, digits and . _ - only"
                .to_owned(),
        )),
    }
}

fn refused(path: &Path, problem: String) -> MasterError {
    MasterError::File {
        path: path.to_path_buf(),
        problem,
    }
}

/// Stores `files` in the blob store for the workers of `job`, for the time `lasting`. Idempotent.
pub(crate) async fn put<B: BlobStore>(
    blobs: &B,
    job: &JobRef,
    files: &[(ShippedFile, Bytes)],
    lasting: Duration,
) -> StoreResult<()> {
    for (file, bytes) in files.iter().filter(|(file, _)| file.len > 0) {
        blobs
            .put(&job.id, &file_id(file), &bytes.clone().into())
            .await?;
    }
    blobs.extend_lifetime(&job.id, &ids(files), lasting).await
}

/// Stores again those of `files` that are missing in the store. Returns their names.
pub(crate) async fn restore<B: BlobStore>(
    blobs: &B,
    job: &JobId,
    files: &[(ShippedFile, Bytes)],
) -> StoreResult<Vec<String>> {
    let files = files.iter().filter(|(file, _)| file.len > 0);
    let last_byte = |(file, _): &(ShippedFile, Bytes)| BlobRange {
        blob: file_id(file),
        range: file.len - 1..file.len,
    };
    let ranges: Vec<_> = files.clone().map(last_byte).collect();
    let found = blobs.read(job, &ranges).await?;
    let mut restored = Vec::new();
    for ((file, bytes), _) in files.zip(found).filter(|(_, found)| found.is_none()) {
        blobs
            .put(job, &file_id(file), &bytes.clone().into())
            .await?;
        restored.push(file.name.clone());
    }
    Ok(restored)
}

/// Returns the ids of the blobs of `files`.
pub(crate) fn ids(files: &[(ShippedFile, Bytes)]) -> Vec<BlobId> {
    files.iter().map(|(file, _)| file_id(file)).collect()
}

#[cfg(test)]
mod tests {
    use store::MemoryBlobs;

    use super::*;

    #[tokio::test]
    async fn only_missing_files_are_restored() {
        let (blobs, job) = (MemoryBlobs::default(), JobId::new("a").unwrap());
        let file = |name: &str, text: &'static str| {
            let file = describe(name.to_owned(), text.as_bytes(), true);
            (file, Bytes::from(text))
        };
        let files = [
            file("map.sh", "cat"),
            file("none", ""),
            file("reduce.sh", "uniq"),
        ];
        let there = files[2].1.clone().into();
        blobs
            .put(&job, &file_id(&files[2].0), &there)
            .await
            .unwrap();
        let restored = restore(&blobs, &job, &files).await.unwrap();
        assert_eq!(restored, ["map.sh"]);
        assert!(restore(&blobs, &job, &files).await.unwrap().is_empty());
    }

    #[test]
    fn files_are_read_with_their_mode_and_errors_name_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::write(path("map.py"), "#!/usr/bin/env python3\n").unwrap();
        fs::set_permissions(path("map.py"), fs::Permissions::from_mode(0o700)).unwrap();
        fs::write(path("stop.txt"), "the\n").unwrap();
        let files = read(&[path("map.py"), path("stop.txt")]).unwrap();
        let modes: Vec<_> = files
            .iter()
            .map(|(file, _)| (file.name.as_str(), file.executable))
            .collect();
        assert_eq!(modes, [("map.py", true), ("stop.txt", false)]);
        assert!(store::blobs::job_files::is_intact(&files[1].0, b"the\n"));

        fs::create_dir(path("sub")).unwrap();
        fs::write(path("sub/map.py"), "").unwrap();
        for (wrong, expected) in [
            (vec![path("gone.py")], "gone.py"),
            (vec![path("sub")], "is not a file"),
            (
                vec![path("map.py"), path("sub/map.py")],
                "same name as another file",
            ),
        ] {
            let error = read(&wrong).unwrap_err().to_string();
            assert!(
                error.contains(expected) && error.contains("job.files"),
                "{error}"
            );
        }
        fs::File::create(path("large"))
            .unwrap()
            .set_len(MAX_TOTAL + 1)
            .unwrap();
        assert!(
            read(&[path("large")])
                .unwrap_err()
                .to_string()
                .contains("64 MiB")
        );
    }
}

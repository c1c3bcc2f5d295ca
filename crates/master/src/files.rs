//! Files that come with a job: read when the master starts, put into the store of blobs for the workers.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use mapreduce::JobId;
use mapreduce::job::ShippedFile;
use store::blobs::files::{describe, file_id};
use store::{BlobId, BlobRange, BlobStore, JobRef, StoreResult};

use crate::error::MasterError;

/// Most bytes of all files: they go through Redis, and every worker holds them in memory for a moment.
const MOST: u64 = 64 << 20;

/// Reads the files at `paths`.
///
/// # Errors
/// One cannot be read, two have the same name, or they are too large.
pub(crate) fn read(paths: &[PathBuf]) -> Result<Vec<(ShippedFile, Bytes)>, MasterError> {
    let mut files: Vec<(ShippedFile, Bytes)> = Vec::with_capacity(paths.len());
    let mut total = 0;
    for path in paths {
        let (file, bytes) = read_one(path, MOST - total)?;
        if files.iter().any(|(other, _)| other.name == file.name) {
            let what = format!(
                "there are two files {:?}; give them different names",
                file.name
            );
            return Err(refused(path, what));
        }
        total += file.len;
        files.push((file, bytes));
    }
    Ok(files)
}

fn read_one(path: &Path, room: u64) -> Result<(ShippedFile, Bytes), MasterError> {
    let unreadable = |error: std::io::Error| refused(path, format!("cannot be read: {error}"));
    let about = fs::metadata(path).map_err(unreadable)?;
    if !about.is_file() {
        let what = "is no file; for a folder make an archive of it and let the command unpack that";
        return Err(refused(path, what.to_owned()));
    }
    if about.len() > room {
        let what = format!(
            "does not fit: all files together may have {} MiB; put large ones where every worker can read them",
            MOST >> 20
        );
        return Err(refused(path, what));
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let file = describe(name, &bytes, about.permissions().mode() & 0o111 != 0);
    match file.has_plain_name() {
        true => Ok((file, bytes.into())),
        false => Err(refused(
            path,
            "has no name that a file can have everywhere".to_owned(),
        )),
    }
}

fn refused(path: &Path, what: String) -> MasterError {
    MasterError::File {
        path: path.to_path_buf(),
        what,
    }
}

/// Puts `files` where the workers of `job` find them, for as long as `lasting`. May be done again.
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
    blobs.keep(&job.id, &ids(files), lasting).await
}

/// Puts those of `files` again that are not where the workers of `job` look for them; answers their names.
pub(crate) async fn put_again<B: BlobStore>(
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
    let mut again = Vec::new();
    for ((file, bytes), _) in files.zip(found).filter(|(_, found)| found.is_none()) {
        blobs
            .put(job, &file_id(file), &bytes.clone().into())
            .await?;
        again.push(file.name.clone());
    }
    Ok(again)
}

/// The blobs of `files`.
pub(crate) fn ids(files: &[(ShippedFile, Bytes)]) -> Vec<BlobId> {
    files.iter().map(|(file, _)| file_id(file)).collect()
}

#[cfg(test)]
mod tests {
    use store::MemoryBlobs;

    use super::*;

    #[tokio::test]
    async fn files_that_are_gone_are_put_again_and_no_others() {
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
        let again = put_again(&blobs, &job, &files).await.unwrap();
        assert_eq!(again, ["map.sh"]);
        assert!(put_again(&blobs, &job, &files).await.unwrap().is_empty());
    }

    #[test]
    fn files_are_read_with_their_run_bits_and_what_cannot_be_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::write(path("map.py"), "#!/usr/bin/env python3\n").unwrap();
        fs::set_permissions(path("map.py"), fs::Permissions::from_mode(0o700)).unwrap();
        fs::write(path("stop.txt"), "the\n").unwrap();
        let files = read(&[path("map.py"), path("stop.txt")]).unwrap();
        let told: Vec<_> = files
            .iter()
            .map(|(file, _)| (file.name.as_str(), file.executable))
            .collect();
        assert_eq!(told, [("map.py", true), ("stop.txt", false)]);
        assert!(store::blobs::files::is_intact(&files[1].0, b"the\n"));

        fs::create_dir(path("sub")).unwrap();
        fs::write(path("sub/map.py"), "").unwrap();
        for (wrong, told) in [
            (vec![path("gone.py")], "gone.py"),
            (vec![path("sub")], "is no file"),
            (vec![path("map.py"), path("sub/map.py")], "two files"),
        ] {
            let error = read(&wrong).unwrap_err().to_string();
            assert!(
                error.contains(told) && error.contains("job.files"),
                "{error}"
            );
        }
        fs::File::create(path("large"))
            .unwrap()
            .set_len(MOST + 1)
            .unwrap();
        assert!(
            read(&[path("large")])
                .unwrap_err()
                .to_string()
                .contains("64 MiB")
        );
    }
}

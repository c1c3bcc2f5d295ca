//! The blob store of a shared folder.

use std::fs::{self, File, FileTimes, Permissions};
use std::io::{self, ErrorKind, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use mapreduce_core::JobId;

use super::names::{TEMPORARY_PREFIX, file_name, job_folder};
use super::sweep;
use crate::blobs::local_file::{blocking, file_error, open, open_source, read_range};
use crate::error::{StoreError, StoreResult};
use crate::traits::BlobStore;
use crate::types::{Blob, BlobId, BlobRange, Capacity};

/// Writes of one blob before the put fails. Another worker may remove the job's folder while it is still empty.
const MAX_WRITES: usize = 10;

/// Blobs in a shared folder. Clones share the folder.
#[derive(Debug, Clone)]
pub struct FolderBlobs {
    folder: Arc<SharedFolder>,
}

#[derive(Debug)]
struct SharedFolder {
    path: PathBuf,
    lasting: Duration,
}

impl FolderBlobs {
    /// Blobs in `folder`, which the first put creates.
    ///
    /// Processes that share the folder must run as one user and use the same `lasting`: the lifetime of a job's blobs
    /// that no process keeps.
    pub fn new(folder: impl Into<PathBuf>, lasting: Duration) -> Self {
        let path = folder.into();
        Self {
            folder: Arc::new(SharedFolder { path, lasting }),
        }
    }

    /// Removes the expired blobs of all jobs. A master calls this when it starts, and the first put of a job does so
    /// too.
    ///
    /// # Errors
    /// If the folder cannot be read or a blob in it cannot be removed.
    pub async fn remove_expired(&self) -> StoreResult<()> {
        let folder = Arc::clone(&self.folder);
        blocking(move || sweep::remove_expired(&folder.path, folder.lasting)).await
    }
}

impl BlobStore for FolderBlobs {
    async fn put(&self, job: &JobId, id: &BlobId, blob: &Blob) -> StoreResult<()> {
        let Some(name) = file_name(id) else {
            return Err(StoreError::Fatal {
                detail: format!(
                    "cannot use {id} of job {job} as a file name: only A-Z a-z 0-9 . _ - are allowed"
                ),
            });
        };
        let (folder, job, blob) = (Arc::clone(&self.folder), job.clone(), blob.clone());
        blocking(move || folder.put(&job, &name, &blob)).await
    }

    async fn read(&self, job: &JobId, ranges: &[BlobRange]) -> StoreResult<Vec<Option<Bytes>>> {
        let (folder, ranges) = (self.folder.of_job(job), ranges.to_vec());
        blocking(move || {
            ranges
                .iter()
                .map(|BlobRange { blob, range }| {
                    if range.is_empty() {
                        return Ok(Some(Bytes::new()));
                    }
                    let Some(name) = file_name(blob) else {
                        return Ok(None);
                    };
                    let path = folder.join(name);
                    match open(&path)? {
                        Some(file) => read_range(&file, &path, range.clone()),
                        None => Ok(None),
                    }
                })
                .collect()
        })
        .await
    }

    async fn remove(&self, job: &JobId, ids: &[BlobId]) -> StoreResult<()> {
        let (folder, ids) = (self.folder.of_job(job), ids.to_vec());
        blocking(move || {
            for name in ids.iter().filter_map(file_name) {
                sweep::remove_file(&folder.join(name))?;
            }
            sweep::remove_if_empty(&folder)
        })
        .await
    }

    async fn extend_lifetime(
        &self,
        job: &JobId,
        ids: &[BlobId],
        lasting: Duration,
    ) -> StoreResult<()> {
        let (folder, ids) = (self.folder.of_job(job), ids.to_vec());
        let modified = self.folder.modified_for(lasting);
        blocking(move || {
            for name in ids.iter().filter_map(file_name) {
                let path = folder.join(name);
                if let Some(file) = open(&path)? {
                    let times = FileTimes::new().set_modified(modified);
                    file.set_times(times)
                        .map_err(|error| file_error("set the time of", &path, &error))?;
                }
            }
            Ok(())
        })
        .await
    }

    async fn capacity(&self) -> StoreResult<Option<Capacity>> {
        Ok(None)
    }
}

impl SharedFolder {
    fn of_job(&self, job: &JobId) -> PathBuf {
        job_folder(&self.path, job)
    }

    /// Returns the modification time with which a blob lives for `lasting` from now on.
    fn modified_for(&self, lasting: Duration) -> SystemTime {
        let now = SystemTime::now();
        let ahead = lasting.saturating_sub(self.lasting);
        now.checked_add(ahead).unwrap_or(now)
    }

    fn put(&self, job: &JobId, name: &str, blob: &Blob) -> StoreResult<()> {
        match blob {
            Blob::Memory(bytes) => self.write(job, name, blob.len(), |file| {
                file.write_all(bytes)?;
                Ok(bytes.len() as u64)
            }),
            Blob::File(path, _) => {
                let source = open_source(path)?;
                self.write(job, name, blob.len(), |file| {
                    (&source).rewind()?;
                    // `io::copy` copies inside the kernel where the file systems support it.
                    io::copy(&mut &source, file)
                })
            }
        }
    }

    /// Writes a blob of `len` bytes with `fill`, which returns the number of bytes that it wrote.
    fn write(
        &self,
        job: &JobId,
        name: &str,
        len: u64,
        fill: impl Fn(&mut File) -> io::Result<u64>,
    ) -> StoreResult<()> {
        let folder = self.of_job(job);
        let path = folder.join(name);
        for _ in 0..MAX_WRITES {
            self.create_job_folder(&folder)?;
            match write_and_rename(&folder, &path, len, &fill) {
                Ok(()) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(file_error("write", &path, &error)),
            }
        }
        Err(StoreError::Unavailable {
            detail: format!(
                "cannot write {}: another process removed its folder {MAX_WRITES} times",
                path.display()
            ),
        })
    }

    /// Creates the folder of a job. The process that creates it also removes the expired blobs of other jobs.
    fn create_job_folder(&self, folder: &Path) -> StoreResult<()> {
        match fs::create_dir(folder) {
            Ok(()) => {
                if let Err(error) = sweep::remove_expired(&self.path, self.lasting) {
                    tracing::warn!(%error, "cannot remove expired blobs");
                }
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => fs::create_dir_all(folder)
                .map_err(|error| file_error("create the folder", folder, &error)),
            Err(error) => Err(file_error("create the folder", folder, &error)),
        }
    }
}

/// Writes a blob to a temporary file in `folder` and renames it to `path`.
fn write_and_rename(
    folder: &Path,
    path: &Path,
    len: u64,
    fill: impl Fn(&mut File) -> io::Result<u64>,
) -> io::Result<()> {
    let mut target = tempfile::Builder::new()
        .prefix(TEMPORARY_PREFIX)
        // As for any new file, the umask decides which other users may read it.
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(folder)?;
    let written = fill(target.as_file_mut())?;
    if written != len {
        let wrong = format!("the blob has {written} bytes instead of {len}");
        return Err(io::Error::new(ErrorKind::InvalidData, wrong));
    }
    target.persist(path).map_err(|error| error.error)?;
    Ok(())
}

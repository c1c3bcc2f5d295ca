//! Blobs in a folder that all workers share: `<folder>/mr-<job>/run-<task>-<attempt>`.
//!
//! A blob is written under another name and then renamed, so nobody sees half of one. Nothing is
//! flushed to the disk (fsync): after a power cut a blob may be torn or missing, its sections have
//! checksums, and its task is done again, which costs less than a flush of every blob.
//!
//! A blob lives until its time of modification is older than the folder's lifetime; a job's folder goes
//! at once, when the newest in it is that old.

use std::fs::{self, File, FileTimes, Permissions};
use std::io::{self, ErrorKind, Seek, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use mapreduce::JobId;

use super::file::{blocking, file_error, open, open_source, read_range};
use super::{Blob, BlobId, BlobRange, BlobStore, Room, sweep};
use crate::{StoreError, StoreResult};

/// Blobs whose files were not there yet when this was written start with it.
pub(super) const UNFINISHED: &str = ".run-";
/// How often a blob is written again because its folder was removed meanwhile, as an empty one is.
const TRIES: usize = 10;
/// File names end at 255 bytes; task and prefix need some.
const LONGEST_ATTEMPT: usize = 200;

/// Blobs in a shared folder. Clones are the same.
#[derive(Debug, Clone)]
pub struct FolderBlobs {
    place: Arc<Place>,
}

#[derive(Debug)]
struct Place {
    folder: PathBuf,
    lasting: Duration,
}

impl FolderBlobs {
    /// Blobs in `folder`, which is made when the first is put. All who share it run as one user and give
    /// the same `lasting`: the time after which a job's blobs, if nobody keeps them, may be removed.
    pub fn new(folder: impl Into<PathBuf>, lasting: Duration) -> Self {
        let folder = folder.into();
        Self {
            place: Arc::new(Place { folder, lasting }),
        }
    }

    /// Removes the blobs of all jobs whose time is over. A master does so when it begins; the first put
    /// of a job does so too.
    ///
    /// # Errors
    /// If the folder cannot be read, or a blob in it not removed.
    pub async fn remove_expired(&self) -> StoreResult<()> {
        let place = Arc::clone(&self.place);
        blocking(move || sweep::remove_expired(&place.folder, place.lasting)).await
    }
}

impl BlobStore for FolderBlobs {
    async fn put(&self, job: &JobId, id: &BlobId, blob: &Blob) -> StoreResult<()> {
        let Some(name) = file_name(id) else {
            return Err(StoreError::Fatal {
                detail: format!(
                    "{id} of job {job} cannot name a file: only A-Z a-z 0-9 . _ - are allowed"
                ),
            });
        };
        let (place, job, blob) = (Arc::clone(&self.place), job.clone(), blob.clone());
        blocking(move || place.put(&job, &name, &blob)).await
    }

    async fn read(&self, job: &JobId, ranges: &[BlobRange]) -> StoreResult<Vec<Option<Bytes>>> {
        let (folder, ranges) = (self.place.of(job), ranges.to_vec());
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
        let (folder, ids) = (self.place.of(job), ids.to_vec());
        blocking(move || {
            for name in ids.iter().filter_map(file_name) {
                sweep::remove_file(&folder.join(name))?;
            }
            sweep::remove_if_empty(&folder)
        })
        .await
    }

    async fn keep(&self, job: &JobId, ids: &[BlobId], lasting: Duration) -> StoreResult<()> {
        let (place, folder, ids) = (Arc::clone(&self.place), self.place.of(job), ids.to_vec());
        blocking(move || {
            let modified = place.modified_for(lasting);
            for name in ids.iter().filter_map(file_name) {
                let path = folder.join(name);
                if let Some(file) = open(&path)? {
                    let times = FileTimes::new().set_modified(modified);
                    file.set_times(times)
                        .map_err(|error| file_error("keep", &path, &error))?;
                }
            }
            Ok(())
        })
        .await
    }

    async fn room(&self) -> StoreResult<Option<Room>> {
        Ok(None)
    }
}

impl Place {
    fn of(&self, job: &JobId) -> PathBuf {
        self.folder.join(format!("mr-{job}"))
    }

    /// The time of modification by which a blob lives for `lasting` from now on.
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
                    // In the kernel, where it can.
                    io::copy(&mut &source, file)
                })
            }
        }
    }

    /// Puts what `fill` writes, and answers the length of, in its place.
    fn write(
        &self,
        job: &JobId,
        name: &str,
        len: u64,
        fill: impl Fn(&mut File) -> io::Result<u64>,
    ) -> StoreResult<()> {
        let folder = self.of(job);
        let path = folder.join(name);
        for _ in 0..TRIES {
            self.make(&folder)?;
            match write_and_rename(&folder, &path, len, &fill) {
                Ok(()) => return Ok(()),
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(file_error("write", &path, &error)),
            }
        }
        Err(StoreError::Unavailable {
            detail: format!("the folder {} keeps being removed", folder.display()),
        })
    }

    /// Makes a job's folder; whoever does so clears away what is left of jobs long gone.
    fn make(&self, folder: &Path) -> StoreResult<()> {
        match fs::create_dir(folder) {
            Ok(()) => {
                if let Err(error) = sweep::remove_expired(&self.folder, self.lasting) {
                    tracing::warn!(%error, "expired blobs stay");
                }
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) if error.kind() == ErrorKind::NotFound => fs::create_dir_all(folder)
                .map_err(|error| file_error("make the folder", folder, &error)),
            Err(error) => Err(file_error("make the folder", folder, &error)),
        }
    }
}

/// The file of a blob; `None` if its attempt, which others may have named, is no safe part of a name.
fn file_name(id: &BlobId) -> Option<String> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    let attempt = &id.attempt;
    let safe =
        !attempt.is_empty() && attempt.len() <= LONGEST_ATTEMPT && attempt.bytes().all(allowed);
    safe.then(|| format!("run-{}-{attempt}", id.task))
}

/// Writes a blob beside its place and moves it there.
fn write_and_rename(
    folder: &Path,
    path: &Path,
    len: u64,
    fill: impl Fn(&mut File) -> io::Result<u64>,
) -> io::Result<()> {
    let mut target = tempfile::Builder::new()
        .prefix(UNFINISHED)
        // The umask decides who else may read it, as for any file.
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

#[cfg(test)]
mod tests {
    use mapreduce::TaskIndex;

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

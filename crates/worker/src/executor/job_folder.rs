//! Local folder with the files of a job.
//!
//! ```text
//! job-files-XXXXXX/lock     locked by its owner for as long as the owner lives
//!                  files/   files that commands see
//! ```
//!
//! The folder is deleted with the last attempt that uses it. A killed worker deletes nothing, so every worker sweeps at
//! its start: a folder whose lock is free has no owner. Process ids would not work, because workers in several
//! containers may share a folder for temporary files.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use mapreduce_core::ShippedFile;
use tempfile::TempDir;
use tokio::task::JoinError;
use tracing::debug;

const PREFIX: &str = "job-files-";
const FILES: &str = "files";
const LOCK: &str = "lock";
/// Name of the lock file until it is locked, so that no other worker finds it free.
const NEW_LOCK: &str = "lock.new";

/// Folder with the files of a job. Deleted when dropped.
#[derive(Debug)]
pub(super) struct JobFolder {
    whole: TempDir,
    /// Closing the file unlocks it, even if the process is killed.
    _lock: File,
}

/// Error of creating a job folder.
#[derive(Debug, thiserror::Error)]
pub(super) enum JobFolderError {
    #[error("{name:?} is not a valid file name")]
    InvalidName { name: String },
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Panicked(#[from] JoinError),
}

impl JobFolder {
    /// Writes `files` into a new folder in `parent`, or in the temporary folder of the system.
    pub(super) fn create(
        parent: Option<&Path>,
        files: &[(ShippedFile, Bytes)],
    ) -> Result<Self, JobFolderError> {
        let parent = parent.map_or_else(std::env::temp_dir, Path::to_path_buf);
        let whole = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
        let lock = File::create(whole.path().join(NEW_LOCK))?;
        // On a file system without locks, no worker can lock the file in a sweep either. The folder then survives a
        // kill.
        if lock.try_lock().is_ok() {
            fs::rename(whole.path().join(NEW_LOCK), whole.path().join(LOCK))?;
        }
        let folder = whole.path().join(FILES);
        fs::create_dir(&folder)?;
        for (file, bytes) in files {
            write(&folder, file, bytes)?;
        }
        Ok(Self { whole, _lock: lock })
    }

    /// Returns the folder that contains the files only.
    pub(super) fn files(&self) -> PathBuf {
        self.whole.path().join(FILES)
    }
}

fn write(folder: &Path, file: &ShippedFile, bytes: &[u8]) -> Result<(), JobFolderError> {
    // The name comes from the store. A path would lead out of the folder.
    if !file.has_plain_name() {
        let name = file.name.clone();
        return Err(JobFolderError::InvalidName { name });
    }
    let path = folder.join(&file.name);
    fs::write(&path, bytes)?;
    let mode = if file.executable { 0o755 } else { 0o644 };
    fs::set_permissions(&path, Permissions::from_mode(mode))?;
    Ok(())
}

/// Deletes the folders in `parent` whose owners are gone.
pub(super) fn sweep(parent: Option<&Path>) {
    let parent = parent.map_or_else(std::env::temp_dir, Path::to_path_buf);
    // An unreadable entry belongs to another user, or is deleted already.
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let is_job_folder = entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(PREFIX.as_bytes());
        if !is_job_folder || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let lock = File::options().write(true).open(entry.path().join(LOCK));
        if lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
            debug!(folder = %entry.path().display(), "deleting the job files of a killed worker");
            // Another worker may be deleting it at the same time.
            let _deleted = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use store::blobs::job_files::describe;

    use super::*;

    #[test]
    fn the_folder_contains_the_files_only_and_is_deleted_when_dropped() {
        let parent = tempfile::tempdir().unwrap();
        let file = |name: &str| (describe(name.to_owned(), b"cat", true), Bytes::from("cat"));
        let folder = JobFolder::create(Some(parent.path()), &[file("map.sh")]).unwrap();
        let path = folder.files().join("map.sh");
        assert_eq!(fs::read(&path).unwrap(), b"cat");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(folder.files().read_dir().unwrap().count(), 1);
        drop(folder);
        JobFolder::create(Some(parent.path()), &[file("../map.sh")]).unwrap_err();
        assert_eq!(parent.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn a_sweep_deletes_the_folders_of_killed_workers_only() {
        let parent = tempfile::tempdir().unwrap();
        let create = || JobFolder::create(Some(parent.path()), &[]).unwrap();
        let (used, killed) = (create(), create());
        let JobFolder {
            whole, _lock: lock, ..
        } = killed;
        // After a SIGKILL the lock is gone, but the folder is not.
        let killed = whole.keep();
        drop(lock);
        let without_lock = parent.path().join("job-files-without-lock");
        fs::create_dir(&without_lock).unwrap();
        sweep(Some(parent.path()));
        assert!(!killed.exists(), "the folder of the killed worker exists");
        assert!(used.files().exists() && without_lock.exists());
    }
}

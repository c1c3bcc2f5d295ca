//! A local folder with the files of a job.
//!
//! ```text
//! job-files-XXXXXX/lock     locked by its owner for as long as that lives
//!                  files/   what commands see
//! ```
//! It is deleted with the last attempt that uses it. A worker that is killed deletes nothing, so every worker
//! sweeps when it starts: who can lock a folder has found one without an owner. Numbers of processes would not tell,
//! as workers in several containers may share a folder for temporary files.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use mapreduce::job::ShippedFile;
use tempfile::TempDir;
use tracing::debug;

const PREFIX: &str = "job-files-";
const FILES: &str = "files";
const LOCK: &str = "lock";
/// What the lock is called before it is locked: nobody is to find it free.
const NEW_LOCK: &str = "lock.new";

/// A folder with the files of a job; deleted with this.
#[derive(Debug)]
pub(super) struct JobFolder {
    whole: TempDir,
    /// Closing it is what unlocks it, even when the process is killed.
    _lock: File,
}

impl JobFolder {
    /// Writes `files` into a new folder in `parent`, or where the system has its temporary files.
    ///
    /// # Errors
    /// Those of the file system, or a file's name is none.
    pub(super) fn make(parent: Option<&Path>, files: &[(ShippedFile, Bytes)]) -> io::Result<Self> {
        let parent = parent.map_or_else(std::env::temp_dir, Path::to_path_buf);
        let whole = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?;
        let lock = File::create(whole.path().join(NEW_LOCK))?;
        // Where files cannot be locked, nobody sweeps either.
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

    /// Where the files are, and nothing else.
    pub(super) fn files(&self) -> PathBuf {
        self.whole.path().join(FILES)
    }
}

fn write(folder: &Path, file: &ShippedFile, bytes: &[u8]) -> io::Result<()> {
    // The name comes from the store: it must stay inside of the folder.
    if !file.has_plain_name() {
        let what = format!("{:?} is no name of a file", file.name);
        return Err(io::Error::other(what));
    }
    let path = folder.join(&file.name);
    fs::write(&path, bytes)?;
    let mode = if file.executable { 0o755 } else { 0o644 };
    fs::set_permissions(&path, Permissions::from_mode(mode))
}

/// Deletes the folders in `parent` whose owners are gone.
pub(super) fn sweep(parent: Option<&Path>) {
    let parent = parent.map_or_else(std::env::temp_dir, Path::to_path_buf);
    // What cannot be read is not ours, or is gone by now.
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let ours = entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(PREFIX.as_bytes());
        if !ours || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        let lock = File::options().write(true).open(entry.path().join(LOCK));
        if lock.is_ok_and(|lock| lock.try_lock().is_ok()) {
            debug!(folder = %entry.path().display(), "deleting what a killed worker has left");
            let _gone = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use store::blobs::files::describe;

    use super::*;

    #[test]
    fn it_has_the_files_alone_and_goes_with_them() {
        let parent = tempfile::tempdir().unwrap();
        let file = |name: &str| (describe(name.to_owned(), b"cat", true), Bytes::from("cat"));
        let folder = JobFolder::make(Some(parent.path()), &[file("map.sh")]).unwrap();
        let path = folder.files().join("map.sh");
        assert_eq!(fs::read(&path).unwrap(), b"cat");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o755);
        assert_eq!(folder.files().read_dir().unwrap().count(), 1);
        drop(folder);
        JobFolder::make(Some(parent.path()), &[file("../map.sh")]).unwrap_err();
        assert_eq!(parent.path().read_dir().unwrap().count(), 0);
    }

    #[test]
    fn folders_without_an_owner_are_swept_and_no_others() {
        let parent = tempfile::tempdir().unwrap();
        let make = || JobFolder::make(Some(parent.path()), &[]).unwrap();
        let (used, left) = (make(), make());
        let JobFolder { whole, _lock, .. } = left;
        // As after a SIGKILL: the lock is gone, the folder is not.
        let left = whole.keep();
        drop(_lock);
        let other = parent.path().join("job-files-of-somebody");
        fs::create_dir(&other).unwrap();
        sweep(Some(parent.path()));
        assert!(!left.exists(), "what was left is still there");
        assert!(used.files().exists() && other.exists());
    }
}

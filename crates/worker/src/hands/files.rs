//! The files that come with a job: fetched from the store of blobs once, checked, kept in a local folder.

use std::collections::HashMap;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use mapreduce::JobId;
use mapreduce::job::ShippedFile;
use store::blobs::files::{file_id, is_intact};
use store::{BlobRange, BlobStore, StoreError, StoreResult, TaskStore};
use tempfile::TempDir;
use tokio::task::spawn_blocking;

use super::Hands;
use crate::core::Job;

/// The folders of jobs whose files are here.
#[derive(Debug)]
pub(super) struct Files {
    parent: Option<PathBuf>,
    folders: Mutex<HashMap<JobId, Arc<TempDir>>>,
}

impl Files {
    /// Folders are made in `parent`, or where the system has its temporary files.
    pub(super) fn new(parent: Option<PathBuf>) -> Self {
        Self {
            parent,
            folders: Mutex::default(),
        }
    }

    /// The folder with the files of `job`, if they are here.
    pub(super) fn folder(&self, job: &JobId) -> Option<PathBuf> {
        let folders = self.folders.lock().expect("no panic under the lock");
        folders.get(job).map(|folder| folder.path().to_path_buf())
    }

    /// Puts the files of `job` into a folder. Those of other jobs are removed: a worker has one job at a time.
    fn keep(&self, job: &JobId, files: &[(ShippedFile, bytes::Bytes)]) -> io::Result<()> {
        let folder = match &self.parent {
            Some(parent) => tempfile::Builder::new()
                .prefix("job-files-")
                .tempdir_in(parent)?,
            None => tempfile::Builder::new().prefix("job-files-").tempdir()?,
        };
        for (file, bytes) in files {
            write(folder.path(), file, bytes)?;
        }
        let mut folders = self.folders.lock().expect("no panic under the lock");
        folders.retain(|other, _| other == job);
        // Another task of the job may have been faster, and its command may run there by now.
        folders
            .entry(job.clone())
            .or_insert_with(|| Arc::new(folder));
        Ok(())
    }
}

fn write(folder: &Path, file: &ShippedFile, bytes: &[u8]) -> io::Result<()> {
    // The name comes from the store: it must stay inside of the folder.
    if !file.has_plain_name() {
        return Err(io::Error::other(format!(
            "{:?} is no name of a file",
            file.name
        )));
    }
    let path = folder.join(&file.name);
    fs::write(&path, bytes)?;
    let mode = if file.executable { 0o755 } else { 0o644 };
    fs::set_permissions(&path, Permissions::from_mode(mode))
}

impl<S: TaskStore, B: BlobStore> Hands<S, B> {
    /// Sees that the files of the job are here. The inner error says why they cannot be.
    ///
    /// # Errors
    /// [`StoreError::Lost`] if the store has lost them: the master brings them back.
    pub(super) async fn fetch_files(&self, job: &Job) -> StoreResult<Result<(), String>> {
        let (id, wanted) = (&job.job.id, &job.spec.files);
        if wanted.is_empty() || self.bench.files.folder(id).is_some() {
            return Ok(Ok(()));
        }
        let mut files = Vec::with_capacity(wanted.len());
        for file in wanted {
            let range = BlobRange {
                blob: file_id(file),
                range: 0..file.len,
            };
            let read = match file.len {
                0 => Some(bytes::Bytes::new()),
                _ => self.blobs.read(id, &[range]).await?.pop().flatten(),
            };
            match read.filter(|bytes| is_intact(file, bytes)) {
                Some(bytes) => files.push((file.clone(), bytes)),
                None => {
                    let what = format!("the file {} of job {id}", file.name);
                    return Err(StoreError::Lost { what });
                }
            }
        }
        let (bench, id) = (self.bench.clone(), id.clone());
        let kept = spawn_blocking(move || bench.files.keep(&id, &files)).await;
        let kept = kept.unwrap_or_else(|panic| Err(io::Error::other(panic)));
        Ok(kept.map_err(|error| {
            format!("the files of the job cannot be written here (worker.temp_folder): {error}")
        }))
    }
}

#[cfg(test)]
mod tests {
    use store::blobs::files::describe;

    use super::*;

    #[test]
    fn tasks_that_bring_the_files_at_the_same_time_do_not_take_them_from_each_other() {
        let files = Files::new(None);
        let job = JobId::try_from("a".to_owned()).unwrap();
        let shipped = [(
            describe("map.sh".to_owned(), b"cat", true),
            bytes::Bytes::from("cat"),
        )];
        files.keep(&job, &shipped).unwrap();
        let folder = files.folder(&job).unwrap();
        files.keep(&job, &shipped).unwrap();
        assert_eq!(fs::read(folder.join("map.sh")).unwrap(), b"cat");
        let other = JobId::try_from("b".to_owned()).unwrap();
        files.keep(&other, &shipped).unwrap();
        assert!(
            !folder.exists(),
            "the files of the last job are still there"
        );
    }
}

//! Files that are shipped with a job.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use mapreduce_core::JobId;
use mapreduce_core::ShippedFile;
use store::blobs::job_files::{file_id, is_intact};
use store::{BlobRange, BlobStore, StoreResult, run_blocking};
use tokio::sync::Mutex;

use super::job_folder::{JobFolder, JobFolderError, sweep};

/// Folder with the files of an attempt's job, if the job has files. The folder is deleted with the last reference.
pub(super) type FilesInUse = Option<Arc<JobFolder>>;

/// Files of the current job, fetched once from the blob store, verified, and kept in a local folder.
#[derive(Debug)]
pub(super) struct JobFiles {
    parent: Option<PathBuf>,
    /// Files of the last job; a worker has one job at a time. An attempt holds the lock while it fetches, so that
    /// concurrent attempts wait and then share the folder.
    last: Mutex<Option<FetchedJob>>,
}

#[derive(Debug)]
struct FetchedJob {
    job: JobId,
    /// Files of the job. They are compared too, because a job may be planned again under its id with other files.
    files: Vec<ShippedFile>,
    folder: Arc<JobFolder>,
}

/// Result of fetching the files of a job.
#[derive(Debug)]
pub(super) enum JobFilesReply {
    Folder(Arc<JobFolder>),
    /// This file is missing or damaged in the blob store.
    Missing(String),
    /// This worker cannot write the files.
    Unwritable(JobFolderError),
}

/// Result of reading files from the blob store.
enum Contents {
    All(Vec<(ShippedFile, Bytes)>),
    /// This file is missing or damaged.
    Missing(String),
}

impl JobFiles {
    /// Creates folders in `parent`, or in the temporary folder of the system. Deletes folders of killed workers there.
    pub(super) fn new(parent: Option<PathBuf>) -> Self {
        sweep(parent.as_deref());
        let last = Mutex::default();
        Self { parent, last }
    }

    /// Returns the folder with the files of `job`: the last one, or a new one with files from `blobs`.
    pub(super) async fn get<B: BlobStore>(
        &self,
        blobs: &B,
        job: &JobId,
        wanted: &[ShippedFile],
    ) -> StoreResult<JobFilesReply> {
        let mut last = self.last.lock().await;
        if let Some(last) = &*last
            && (&last.job, &last.files[..]) == (job, wanted)
        {
            return Ok(JobFilesReply::Folder(last.folder.clone()));
        }
        let files = match read(blobs, job, wanted).await? {
            Contents::All(files) => files,
            Contents::Missing(name) => return Ok(JobFilesReply::Missing(name)),
        };
        let parent = self.parent.clone();
        let created = run_blocking(move || JobFolder::create(parent.as_deref(), &files)).await;
        let folder = match created.unwrap_or_else(|panic| Err(panic.into())) {
            Ok(folder) => Arc::new(folder),
            Err(error) => return Ok(JobFilesReply::Unwritable(error)),
        };
        // The folder of the previous job is deleted when its last attempt ends.
        *last = Some(FetchedJob {
            job: job.clone(),
            files: wanted.to_vec(),
            folder: folder.clone(),
        });
        Ok(JobFilesReply::Folder(folder))
    }
}

async fn read<B: BlobStore>(
    blobs: &B,
    job: &JobId,
    wanted: &[ShippedFile],
) -> StoreResult<Contents> {
    let mut files = Vec::with_capacity(wanted.len());
    for file in wanted {
        let range = BlobRange {
            blob: file_id(file),
            range: 0..file.len,
        };
        let read = match file.len {
            0 => Some(Bytes::new()),
            _ => blobs.read(job, &[range]).await?.pop().flatten(),
        };
        match read.filter(|bytes| is_intact(file, bytes)) {
            Some(bytes) => files.push((file.clone(), bytes)),
            None => return Ok(Contents::Missing(file.name.clone())),
        }
    }
    Ok(Contents::All(files))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use futures::future::join;
    use store::MemoryBlobs;
    use store::blobs::job_files::describe;

    use super::*;

    fn script(text: &'static str) -> (ShippedFile, Bytes) {
        let file = describe("map.sh".to_owned(), text.as_bytes(), true);
        (file, Bytes::from(text))
    }

    fn id(name: &str) -> JobId {
        JobId::try_from(name.to_owned()).unwrap()
    }

    async fn put(blobs: &MemoryBlobs, job: &JobId, (file, bytes): &(ShippedFile, Bytes)) {
        let blob = bytes.clone().into();
        blobs.put(job, &file_id(file), &blob).await.unwrap();
    }

    async fn folder(
        files: &JobFiles,
        blobs: &MemoryBlobs,
        job: &JobId,
        file: &ShippedFile,
    ) -> Arc<JobFolder> {
        let reply = files.get(blobs, job, std::slice::from_ref(file)).await;
        match reply.unwrap() {
            JobFilesReply::Folder(folder) => folder,
            other => panic!("{other:?}"),
        }
    }

    fn text(folder: &JobFolder) -> String {
        fs::read_to_string(folder.files().join("map.sh")).unwrap()
    }

    #[tokio::test]
    async fn concurrent_attempts_fetch_the_files_once() {
        let (files, blobs) = (JobFiles::new(None), MemoryBlobs::default());
        let (job, cat) = (id("a"), script("cat"));
        put(&blobs, &job, &cat).await;
        let fetch = || folder(&files, &blobs, &job, &cat.0);
        let (one, other) = join(fetch(), fetch()).await;
        assert!(Arc::ptr_eq(&one, &other));
        assert_eq!(text(&one), "cat");
    }

    #[tokio::test]
    async fn files_exist_until_their_last_user_ends_even_after_the_next_job_has_started() {
        let (files, blobs, cat) = (JobFiles::new(None), MemoryBlobs::default(), script("cat"));
        let (a, b) = (id("a"), id("b"));
        put(&blobs, &a, &cat).await;
        put(&blobs, &b, &cat).await;
        let used = folder(&files, &blobs, &a, &cat.0).await;
        let next = folder(&files, &blobs, &b, &cat.0).await;
        assert_eq!(text(&used), "cat");
        let path = used.files();
        drop(used);
        assert!(!path.exists() && next.files().exists());
    }

    #[tokio::test]
    async fn a_job_that_is_planned_again_under_its_id_gets_its_new_files() {
        let (files, blobs, job) = (JobFiles::new(None), MemoryBlobs::default(), id("a"));
        for edited in [script("cat"), script("tac")] {
            put(&blobs, &job, &edited).await;
            let folder = folder(&files, &blobs, &job, &edited.0).await;
            assert_eq!(text(&folder).as_bytes(), &edited.1[..]);
        }
    }
}

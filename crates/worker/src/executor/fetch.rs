//! Fetching the files of a job for an attempt.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mapreduce_core::JobId;
use store::{BlobStore, StoreError, StoreResult, TaskStore};
use tokio::time::{Instant, sleep};
use tracing::info;

use super::failure::transient_failure;
use super::job_files::{FilesInUse, JobFilesReply};
use super::state::Executor;
use super::timing::{CANCEL_CHECK, RETRY_PAUSE};
use crate::core::{AttemptOutcome, SharedJob};

/// Longest wait for files that the blob store lacks. A master that is present stores them again within this time.
pub(super) const FILES_TIMEOUT: Duration = Duration::from_secs(5);

/// Files of an attempt.
#[derive(Debug)]
pub(super) enum FetchedFiles {
    Ready(FilesInUse),
    /// The attempt ends with this outcome, because it cannot have its files.
    Unavailable(AttemptOutcome),
}

impl<S: TaskStore, B: BlobStore> Executor<S, B> {
    /// Fetches the files of the job. Waits up to `timeout` for files that the blob store lacks.
    ///
    /// # Errors
    /// Errors of the stores.
    pub(super) async fn fetch_files(
        &self,
        job: &SharedJob,
        cancelled: &AtomicBool,
        timeout: Duration,
    ) -> StoreResult<FetchedFiles> {
        let (id, wanted) = (&job.job.id, &job.spec.files);
        if wanted.is_empty() {
            return Ok(FetchedFiles::Ready(None));
        }
        let end = Instant::now() + timeout;
        let mut has_logged = false;
        loop {
            let get = || self.environment.files.get(&self.blobs, id, wanted);
            let reason = match self.retry("fetch the files of the job", get).await {
                Ok(JobFilesReply::Folder(folder)) => return Ok(FetchedFiles::Ready(Some(folder))),
                Ok(JobFilesReply::Unwritable(error)) => {
                    return Ok(FetchedFiles::Unavailable(transient_failure(format!(
                        "cannot write the files of the job (worker.temp_folder): {error}"
                    ))));
                }
                Ok(JobFilesReply::Missing(name)) => missing(id, &name),
                Err(StoreError::Lost { .. }) => missing(id, &wanted[0].name),
                Err(error) => return Err(error),
            };
            if Instant::now() >= end {
                return Ok(FetchedFiles::Unavailable(transient_failure(reason)));
            }
            if !has_logged {
                info!(job = %id, reason, "waiting until the master stores the files of the job again");
                has_logged = true;
            }
            let next = end.min(Instant::now() + RETRY_PAUSE);
            while Instant::now() < next {
                if cancelled.load(Ordering::Relaxed) {
                    return Ok(FetchedFiles::Unavailable(AttemptOutcome::Cancelled));
                }
                sleep(CANCEL_CHECK).await;
            }
        }
    }
}

fn missing(job: &JobId, name: &str) -> String {
    format!(
        "file {name} of job {job} is missing from shuffle.store; use the same shuffle.store for master and workers, and \
         make sure that no other program deletes its content"
    )
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use bytes::Bytes;
    use futures::future::join;
    use mapreduce_core::ShippedFile;
    use mapreduce_core::{JobSpec, PlanHash, WorkerName};
    use mapreduce_shuffle::Scratch;
    use settings::CrashPlan;
    use store::blobs::job_files::{describe, file_id};
    use store::{EmbeddedStore, JobRef, MemoryBlobs};
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::core::{FailureKind, JoinedJob, WorkerLimits};
    use crate::options::WorkerOptions;

    fn script() -> (ShippedFile, Bytes) {
        let file = describe("map.sh".to_owned(), b"cat", true);
        (file, Bytes::from("cat"))
    }

    /// A worker of a job with this file.
    fn worker(
        blobs: &MemoryBlobs,
        file: &ShippedFile,
    ) -> (Arc<Executor<EmbeddedStore, MemoryBlobs>>, SharedJob) {
        let options = WorkerOptions {
            name: WorkerName::new("w"),
            registry: mapreduce_jobs::registry(),
            step_paths: Vec::new(),
            commands: true,
            scratch: Scratch {
                memory: 1 << 20,
                folder: None,
            },
            limits: WorkerLimits {
                slots: 1,
                max_attempts: 1,
                backups: false,
            },
            lease: Duration::from_secs(10),
            slow: Duration::ZERO,
            deadline: Duration::from_secs(10),
            crash: CrashPlan::default(),
        };
        let stop = CancellationToken::new();
        let executor = Executor::new(EmbeddedStore::default(), blobs.clone(), options, stop);
        let job = SharedJob::new(JoinedJob {
            job: JobRef {
                id: JobId::new("a").unwrap(),
                plan: PlanHash(1),
            },
            spec: JobSpec {
                files: vec![file.clone()],
                ..JobSpec::word_count(1)
            },
            maps: 1,
        });
        (executor, job)
    }

    #[tokio::test]
    async fn a_missing_file_fails_the_attempt_and_is_named() {
        let (blobs, (file, _)) = (MemoryBlobs::default(), script());
        let (executor, job) = worker(&blobs, &file);
        let running = AtomicBool::new(false);
        let fetched = executor.fetch_files(&job, &running, Duration::ZERO).await;
        let Ok(FetchedFiles::Unavailable(AttemptOutcome::Failed { reason, kind })) = fetched else {
            panic!("{fetched:?}");
        };
        assert_eq!(kind, FailureKind::Transient);
        for part in ["map.sh", "job a", "shuffle.store"] {
            assert!(reason.contains(part), "{reason}");
        }
    }

    #[tokio::test]
    async fn an_attempt_waits_for_a_missing_file_unless_it_is_cancelled() {
        let (blobs, (file, bytes)) = (MemoryBlobs::default(), script());
        let (executor, job) = worker(&blobs, &file);
        let long = Duration::from_secs(1000);
        let cancelled = AtomicBool::new(true);
        let fetched = executor.fetch_files(&job, &cancelled, long).await;
        assert!(matches!(
            fetched,
            Ok(FetchedFiles::Unavailable(AttemptOutcome::Cancelled))
        ));
        let (blob, id) = (bytes.into(), file_id(&file));
        let restore = blobs.put(&job.job.id, &id, &blob);
        let running = AtomicBool::new(false);
        let fetch = executor.fetch_files(&job, &running, long);
        let (fetched, restored) = join(fetch, restore).await;
        restored.unwrap();
        let Ok(FetchedFiles::Ready(Some(folder))) = fetched else {
            panic!("{fetched:?}");
        };
        let text = fs::read_to_string(folder.files().join("map.sh")).unwrap();
        assert_eq!(text, "cat");
    }
}

//! The files that come with a job: fetched from the store of blobs once, checked, kept in a local folder.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use mapreduce::JobId;
use mapreduce::job::ShippedFile;
use store::blobs::files::{file_id, is_intact};
use store::off_thread;
use store::{BlobRange, BlobStore, StoreError, StoreResult, TaskStore};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep};
use tracing::info;

use super::job_folder::{JobFolder, sweep};
use super::{Hands, PAUSE, STEP};
use crate::core::{AttemptOutcome, Job};

/// How long files that are not in the store are waited for: a master that is there puts them again.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// The files that an attempt uses, if its job has any: they are there for as long as this is.
pub(super) type InUse = Option<Arc<JobFolder>>;

/// The files of the job at hand.
#[derive(Debug)]
pub(super) struct Files {
    parent: Option<PathBuf>,
    /// Locked by the one who fetches: others wait, and have them then. A worker has one job at a time.
    last: Mutex<Option<Kept>>,
}

#[derive(Debug)]
struct Kept {
    job: JobId,
    /// A job that is planned anew may have other files under its old id.
    files: Vec<ShippedFile>,
    folder: Arc<JobFolder>,
}

/// Why an attempt has no files.
#[derive(Debug)]
enum Lack {
    /// This one is not in the store.
    Missing(String),
    /// They cannot be written here.
    Unwritten(String),
}

impl Files {
    /// Folders are made in `parent`, or where the system has its temporary files. What killed workers have left there
    /// is deleted.
    pub(super) fn new(parent: Option<PathBuf>) -> Self {
        sweep(parent.as_deref());
        let last = Mutex::default();
        Self { parent, last }
    }

    /// The folder with the files `wanted` by `job`: the last one, or one that is made of what `blobs` has.
    async fn get<B: BlobStore>(
        &self,
        blobs: &B,
        job: &JobId,
        wanted: &[ShippedFile],
    ) -> StoreResult<Result<Arc<JobFolder>, Lack>> {
        let mut last = self.last.lock().await;
        if let Some(kept) = &*last
            && (&kept.job, &kept.files[..]) == (job, wanted)
        {
            return Ok(Ok(kept.folder.clone()));
        }
        let files = match read(blobs, job, wanted).await? {
            Ok(files) => files,
            Err(missing) => return Ok(Err(Lack::Missing(missing))),
        };
        let parent = self.parent.clone();
        let made = off_thread(move || JobFolder::make(parent.as_deref(), &files)).await;
        let made = made.unwrap_or_else(|panic| Err(io::Error::other(panic)));
        Ok(match made {
            Ok(folder) => {
                let folder = Arc::new(folder);
                // The one before goes with its last user.
                *last = Some(Kept {
                    job: job.clone(),
                    files: wanted.to_vec(),
                    folder: folder.clone(),
                });
                Ok(folder)
            }
            Err(error) => Err(Lack::Unwritten(format!(
                "the files of the job cannot be written here (worker.temp_folder): {error}"
            ))),
        })
    }
}

/// Reads `wanted`; the inner error is the name of one that is not there, or is torn.
async fn read<B: BlobStore>(
    blobs: &B,
    job: &JobId,
    wanted: &[ShippedFile],
) -> StoreResult<Result<Vec<(ShippedFile, Bytes)>, String>> {
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
            None => return Ok(Err(file.name.clone())),
        }
    }
    Ok(Ok(files))
}

impl<S: TaskStore, B: BlobStore> Hands<S, B> {
    /// The files of the job, here. Those that the store lacks are waited for, for as long as `patience`. The inner
    /// error is what came of an attempt that cannot have them.
    ///
    /// # Errors
    /// Those of the stores.
    pub(super) async fn fetch_files(
        &self,
        job: &Job,
        cancelled: &AtomicBool,
        patience: Duration,
    ) -> StoreResult<Result<InUse, AttemptOutcome>> {
        let (id, wanted) = (&job.job.id, &job.spec.files);
        if wanted.is_empty() {
            return Ok(Ok(None));
        }
        let end = Instant::now() + patience;
        let mut told = false;
        loop {
            let get = || self.bench.files.get(&self.blobs, id, wanted);
            let reason = match self.insist("fetch the files of the job", get).await {
                Ok(Ok(folder)) => return Ok(Ok(Some(folder))),
                Ok(Err(Lack::Unwritten(reason))) => return Ok(Err(failed(reason))),
                Ok(Err(Lack::Missing(name))) => missing(id, &name),
                Err(StoreError::Lost { .. }) => missing(id, &wanted[0].name),
                Err(error) => return Err(error),
            };
            if Instant::now() >= end {
                return Ok(Err(failed(reason)));
            }
            if !told {
                info!(job = %id, reason, "waiting for the master to put the files of the job again");
                told = true;
            }
            let next = end.min(Instant::now() + PAUSE);
            while Instant::now() < next {
                if cancelled.load(Ordering::Relaxed) {
                    return Ok(Err(AttemptOutcome::Cancelled));
                }
                sleep(STEP).await;
            }
        }
    }
}

fn missing(job: &JobId, name: &str) -> String {
    format!(
        "the file {name} of job {job} is not in the store of runs; see that master and workers have the same shuffle.store, and that nothing else removes what is in it"
    )
}

fn failed(reason: String) -> AttemptOutcome {
    let hopeless = false;
    AttemptOutcome::Failed { reason, hopeless }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use futures::future::join;
    use mapreduce::shuffle::Scratch;
    use mapreduce::{JobSpec, PlanHash, Registry, WorkerName};
    use runtime::CrashPlan;
    use store::blobs::files::describe;
    use store::{EmbeddedStore, JobRef, MemoryBlobs};
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::core::Joined;
    use crate::{Limits, Options};

    fn script(text: &'static str) -> (ShippedFile, Bytes) {
        let file = describe("map.sh".to_owned(), text.as_bytes(), true);
        (file, Bytes::from(text))
    }

    fn id(name: &str) -> JobId {
        JobId::try_from(name.to_owned()).unwrap()
    }

    async fn stored(blobs: &MemoryBlobs, job: &JobId, (file, bytes): &(ShippedFile, Bytes)) {
        let blob = bytes.clone().into();
        blobs.put(job, &file_id(file), &blob).await.unwrap();
    }

    async fn got(
        files: &Files,
        blobs: &MemoryBlobs,
        job: &JobId,
        file: &ShippedFile,
    ) -> Arc<JobFolder> {
        let got = files.get(blobs, job, std::slice::from_ref(file)).await;
        got.unwrap().unwrap()
    }

    fn text(folder: &JobFolder) -> String {
        fs::read_to_string(folder.files().join("map.sh")).unwrap()
    }

    #[tokio::test]
    async fn tasks_that_need_the_files_at_the_same_time_fetch_them_once() {
        let (files, blobs, job, cat) = (
            Files::new(None),
            MemoryBlobs::default(),
            id("a"),
            script("cat"),
        );
        stored(&blobs, &job, &cat).await;
        let get = || got(&files, &blobs, &job, &cat.0);
        let (one, other) = join(get(), get()).await;
        assert!(Arc::ptr_eq(&one, &other));
        assert_eq!(text(&one), "cat");
    }

    #[tokio::test]
    async fn files_stay_until_their_last_user_goes_even_if_another_job_has_begun() {
        let (files, blobs, cat) = (Files::new(None), MemoryBlobs::default(), script("cat"));
        let (a, b) = (id("a"), id("b"));
        stored(&blobs, &a, &cat).await;
        stored(&blobs, &b, &cat).await;
        let used = got(&files, &blobs, &a, &cat.0).await;
        let next = got(&files, &blobs, &b, &cat.0).await;
        assert_eq!(text(&used), "cat");
        let path = used.files();
        drop(used);
        assert!(!path.exists() && next.files().exists());
    }

    #[tokio::test]
    async fn a_job_that_is_planned_anew_under_its_id_has_its_new_files() {
        let (files, blobs, job) = (Files::new(None), MemoryBlobs::default(), id("a"));
        for edited in [script("cat"), script("tac")] {
            stored(&blobs, &job, &edited).await;
            let folder = got(&files, &blobs, &job, &edited.0).await;
            assert_eq!(text(&folder).as_bytes(), &edited.1[..]);
        }
    }

    /// A worker at a job with this file.
    fn worker(
        blobs: &MemoryBlobs,
        file: &ShippedFile,
    ) -> (Arc<Hands<EmbeddedStore, MemoryBlobs>>, Job) {
        let options = Options {
            name: WorkerName::new("w"),
            registry: mapreduce_jobs::registry(),
            places: Vec::new(),
            commands: true,
            scratch: Scratch {
                memory: 1 << 20,
                folder: None,
            },
            limits: Limits {
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
        let hands = Hands::new(EmbeddedStore::default(), blobs.clone(), options, stop);
        let job = Job::new(Joined {
            job: JobRef {
                id: id("a"),
                plan: PlanHash(1),
            },
            spec: JobSpec {
                files: vec![file.clone()],
                ..JobSpec::word_count(1)
            },
            maps: 1,
        });
        (hands, job)
    }

    #[tokio::test]
    async fn a_file_that_stays_lost_fails_the_attempt_by_name() {
        let (blobs, cat) = (MemoryBlobs::default(), script("cat"));
        let (hands, job) = worker(&blobs, &cat.0);
        let running = AtomicBool::new(false);
        let fetch = hands.fetch_files(&job, &running, Duration::ZERO);
        let Err(AttemptOutcome::Failed { reason, hopeless }) = fetch.await.unwrap() else {
            panic!("it has the file");
        };
        assert!(!hopeless);
        for part in ["map.sh", "job a", "shuffle.store"] {
            assert!(reason.contains(part), "{reason}");
        }
    }

    #[tokio::test]
    async fn a_file_that_comes_back_is_waited_for_and_a_cancelled_attempt_does_not_wait() {
        let (blobs, cat) = (MemoryBlobs::default(), script("cat"));
        let (hands, job) = worker(&blobs, &cat.0);
        let long = Duration::from_secs(1000);
        let cancelled = AtomicBool::new(true);
        let fetched = hands.fetch_files(&job, &cancelled, long).await.unwrap();
        assert!(matches!(fetched, Err(AttemptOutcome::Cancelled)));
        let back = stored(&blobs, &job.job.id, &cat);
        let running = AtomicBool::new(false);
        let (fetched, ()) = join(hands.fetch_files(&job, &running, long), back).await;
        assert_eq!(text(&fetched.unwrap().unwrap().unwrap()), "cat");
    }
}

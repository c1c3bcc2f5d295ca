//! Attendance: shows the workers that a master is there, and which job it watches over.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use store::{JobRef, JobStore, StoreResult};
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;
use tracing::debug;

/// How long one sign lasts. A master that is killed is back well before, where something restarts it;
/// workers that run out of tasks look for another job after that.
const LASTS: Duration = Duration::from_secs(15);
/// Time between signs: late workers go when they have missed several.
const EVERY: Duration = Duration::from_secs(1);

/// Gives signs until it is dropped.
#[derive(Debug)]
pub(crate) struct Attendance<S> {
    store: S,
    job: Arc<OnceLock<JobRef>>,
    _signs: AbortOnDropHandle<()>,
}

impl<S: JobStore> Attendance<S> {
    /// Gives the first sign now: a master is there, its job is not known yet.
    ///
    /// # Errors
    /// Those of the first sign.
    pub(crate) async fn begin(store: S) -> StoreResult<Self> {
        store.attend(None, LASTS).await?;
        let job: Arc<OnceLock<JobRef>> = Arc::default();
        let signs = tokio::spawn(give_signs(store.clone(), job.clone()));
        Ok(Self {
            store,
            job,
            _signs: AbortOnDropHandle::new(signs),
        })
    }

    /// Gives a sign for `job` now, and with every sign from now on.
    pub(crate) async fn watch_over(&self, job: &JobRef) -> StoreResult<()> {
        let job = self.job.get_or_init(|| job.clone());
        self.store.attend(Some(job), LASTS).await
    }
}

async fn give_signs<S: JobStore>(store: S, job: Arc<OnceLock<JobRef>>) {
    loop {
        sleep(EVERY).await;
        if let Err(error) = store.attend(job.get(), LASTS).await {
            // The job's own calls tell about it and recover.
            debug!(%error, "no sign of attendance");
        }
    }
}

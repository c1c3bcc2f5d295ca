//! Presence: periodic signs that show the workers that a master exists, and which job it runs.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use store::{JobRef, JobStore, StoreResult};
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;
use tracing::debug;

/// Lifetime of one sign.
///
/// A supervisor restarts a killed master well before its last sign expires. After that, idle workers look for another
/// job.
const LIFETIME: Duration = Duration::from_secs(15);
/// Time between two announcements. It is much shorter than [`LIFETIME`], so a few lost announcements have no effect.
const INTERVAL: Duration = Duration::from_secs(1);

/// Sender of signs, which stops when it is dropped.
#[derive(Debug)]
pub(super) struct Presence<S> {
    store: S,
    job: Arc<OnceLock<JobRef>>,
    _signs: AbortOnDropHandle<()>,
}

impl<S: JobStore> Presence<S> {
    /// Sends the first sign: a master exists, but its job is not known yet.
    ///
    /// # Errors
    /// The store refuses the first sign.
    pub(super) async fn announce(store: S) -> StoreResult<Self> {
        store.announce_presence(None, LIFETIME).await?;
        let job: Arc<OnceLock<JobRef>> = Arc::default();
        let signs = tokio::spawn(give_signs(store.clone(), job.clone()));
        Ok(Self {
            store,
            job,
            _signs: AbortOnDropHandle::new(signs),
        })
    }

    /// Sends a sign for `job` now, and includes the job in every later sign.
    pub(super) async fn announce_job(&self, job: &JobRef) -> StoreResult<()> {
        let job = self.job.get_or_init(|| job.clone());
        self.store.announce_presence(Some(job), LIFETIME).await
    }
}

async fn give_signs<S: JobStore>(store: S, job: Arc<OnceLock<JobRef>>) {
    loop {
        sleep(INTERVAL).await;
        if let Err(error) = store.announce_presence(job.get(), LIFETIME).await {
            // The other calls of the job report the failure of the store, and recover from it.
            debug!(%error, "cannot register the master in the store");
        }
    }
}

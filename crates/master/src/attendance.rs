//! Attendance: shows the workers that a master watches over the job.

use std::time::Duration;

use store::{JobRef, JobStore, StoreResult};
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;
use tracing::debug;

/// How long one sign lasts. A master that is killed is back well before, where something restarts it;
/// workers that run out of tasks look for another job after that.
const LASTS: Duration = Duration::from_secs(15);
/// Time between signs: two may get lost.
const EVERY: Duration = Duration::from_secs(4);

/// Gives a sign now, and then again and again until the answer is dropped.
///
/// # Errors
/// Those of the first sign.
pub(crate) async fn attend<S: JobStore>(
    store: S,
    job: JobRef,
) -> StoreResult<AbortOnDropHandle<()>> {
    store.attend(&job, LASTS).await?;
    Ok(AbortOnDropHandle::new(tokio::spawn(async move {
        loop {
            sleep(EVERY).await;
            if let Err(error) = store.attend(&job, LASTS).await {
                // The job's own calls tell about it and recover.
                debug!(%error, "no sign of attendance");
            }
        }
    })))
}

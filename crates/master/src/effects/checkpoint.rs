//! Checkpoints: snapshots of the store, taken at an interval while the job runs.

use std::time::Duration;

use store::JobStore;
use tokio::time::{MissedTickBehavior, interval_at};
use tokio_util::task::AbortOnDropHandle;
use tracing::{info, warn};

/// Takes a checkpoint at every `interval` until the handle is dropped. Logs the age of the last one.
pub(super) fn every<S: JobStore>(interval: Duration, store: S) -> AbortOnDropHandle<()> {
    AbortOnDropHandle::new(tokio::spawn(async move {
        let mut ticks = interval_at(tokio::time::Instant::now() + interval, interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match store.checkpoint().await {
                Ok(checkpoint) => match checkpoint.age {
                    Some(age) if checkpoint.ok => {
                        info!(
                            age_seconds = age.as_secs(),
                            running = checkpoint.running,
                            "checkpoint taken"
                        );
                    }
                    Some(age) => warn!(
                        age_seconds = age.as_secs(),
                        "checkpoints fail; check the disk and the log of Redis"
                    ),
                    // The store has no checkpoints.
                    None => return,
                },
                Err(error) => warn!(%error, "cannot take a checkpoint"),
            }
        }
    }))
}

//! What is told to people while a job runs.

use store::JobRef;
use tracing::{info, warn};

use crate::core::Notice;

pub(super) fn say(notice: &Notice, job: Option<&JobRef>) {
    let job = job.map(|job| job.id.as_str()).unwrap_or_default();
    match notice {
        Notice::Resumed => info!(job, "taking up an unfinished job of the same plan"),
        Notice::StoreRestarted => {
            warn!(
                job,
                "the store restarted and may have lost what came after its last checkpoint; checking"
            );
        }
        Notice::PartsLost(parts) => {
            warn!(
                job,
                parts, "parts of reduce tasks are lost; making them again"
            );
        }
        Notice::Lost(tasks) => warn!(job, tasks, "tasks were lost; adding them again"),
        Notice::Stalled(silent, cause) => {
            warn!(
                job,
                silent_seconds = silent.as_secs(),
                cause,
                "no sign of life"
            );
        }
    }
}

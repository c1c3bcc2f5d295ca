//! What is told to people while a job runs.

use store::JobRef;
use tracing::{info, warn};

use crate::core::{Cause, Notice};

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
        Notice::Stalled(idle, causes) => {
            let idle_seconds = idle.as_secs();
            let cause: Vec<_> = causes.iter().map(Cause::to_string).collect();
            let cause = cause.join("; and ");
            if causes.iter().all(Cause::is_patience) {
                info!(
                    job,
                    idle_seconds, cause, "no task was completed for a while"
                );
            } else {
                warn!(
                    job,
                    idle_seconds, cause, "no task was completed for a while"
                );
            }
        }
    }
}

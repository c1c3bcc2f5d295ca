//! Log messages for the notices of the reconciler.

use store::JobRef;
use tracing::{info, warn};

use crate::core::{Notice, StallDiagnosis, in_one_line};

/// Logs a notice about `job`.
pub(super) fn log(notice: &Notice, job: Option<&JobRef>) {
    let job = job.map(|job| job.id.as_str()).unwrap_or_default();
    match notice {
        Notice::Resumed => info!(job, "resuming an unfinished job with the same plan"),
        Notice::StoreRestarted => {
            warn!(
                job,
                "the store restarted and may have lost changes since its last checkpoint; checking the tasks"
            );
        }
        Notice::PartitionsLost(tasks) => {
            warn!(
                job,
                tasks, "results of reduce tasks are lost; rerunning the tasks"
            );
        }
        Notice::TasksLost(tasks) => warn!(job, tasks, "tasks were lost; adding them again"),
        Notice::Stalled(idle, diagnoses) => log_stall(job, idle.as_secs(), diagnoses),
    }
}

fn log_stall(job: &str, idle_seconds: u64, diagnoses: &[StallDiagnosis]) {
    let cause = in_one_line(diagnoses);
    // Long tasks are normal, so they are not worth a warning.
    if diagnoses.iter().all(StallDiagnosis::is_harmless) {
        info!(
            job,
            idle_seconds, cause, "no task has completed for a while"
        );
    } else {
        warn!(
            job,
            idle_seconds, cause, "no task has completed for a while"
        );
    }
}

//! How far a job is, for people.

use std::time::Duration;

use store::JobStatus;
use tokio::time::Instant;
use tracing::info;

/// Most often that a line about progress is worth reading.
const EVERY: Duration = Duration::from_secs(1);

/// Logs a line about a job's progress at most once a second, and only if there is news.
#[derive(Debug, Default)]
pub struct Progress {
    last: Option<(Instant, u32, u32)>,
}

impl Progress {
    /// Takes note of how the job stands.
    pub fn log(&mut self, status: &JobStatus) {
        if let Some((at, done, workers)) = self.last {
            let news = (done, workers) != (status.done, status.workers);
            let complete = status.done == status.total && done != status.total;
            if !news || (at.elapsed() < EVERY && !complete) {
                return;
            }
        }
        self.last = Some((Instant::now(), status.done, status.workers));
        info!(
            state = status.state.as_str(),
            done = status.done,
            total = status.total,
            pending = status.pending,
            failed = status.failed,
            workers = status.workers,
            records = status.counters.records,
            "progress"
        );
    }
}

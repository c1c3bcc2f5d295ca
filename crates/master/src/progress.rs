//! Log lines about the progress of a job.

use std::time::Duration;

use store::JobStatus;
use tokio::time::Instant;
use tracing::info;

/// Minimum time between two lines.
const INTERVAL: Duration = Duration::from_secs(1);

/// Logger of a job's progress. It writes at most one line a second, and only if there is news.
#[derive(Debug, Default)]
pub struct Progress {
    /// Time of the last line, and the number of done tasks and of workers in it.
    last: Option<(Instant, u32, u32)>,
}

impl Progress {
    /// Logs the status of the job, unless a recent line says the same.
    pub fn log(&mut self, status: &JobStatus) {
        if let Some((at, done, workers)) = self.last {
            let news = (done, workers) != (status.done, status.workers);
            let complete = status.done == status.total && done != status.total;
            if !news || (at.elapsed() < INTERVAL && !complete) {
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

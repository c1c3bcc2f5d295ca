//! How a job under fire came out.

use std::time::Duration;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Verdict {
    #[default]
    Exact,
    /// What is wrong.
    Wrong(String),
    /// Who hangs.
    Hung(String),
}

/// A job that was run.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) verdict: Verdict,
    pub(super) worker_kills: u64,
    pub(super) master_kills: u64,
    pub(super) redis_kills: u64,
    /// Processes that ended at a crash point.
    pub(super) crashes: u64,
    /// Workers that gave up with an error and were started again.
    pub(super) failures: u64,
    pub(super) took: Duration,
}

impl Report {
    pub(super) fn kills(&self) -> u64 {
        self.worker_kills + self.master_kills + self.redis_kills + self.crashes
    }

    pub(super) fn line(&self) -> String {
        format!(
            "{:?}, {:.1} s, {} kills (workers {}, master {}, redis {}, crash points {}), {} failures",
            self.verdict,
            self.took.as_secs_f64(),
            self.kills(),
            self.worker_kills,
            self.master_kills,
            self.redis_kills,
            self.crashes,
            self.failures,
        )
    }
}

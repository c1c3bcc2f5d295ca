//! The phases of a job, and checks of its blobs and logs.

use testkit::{Cluster, Config, DEADLINE, Process, eventually};

use crate::support::books;

/// Phase in which a test injects a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    Map,
    Reduce,
}

/// Returns a job over the books with about 30 map tasks and 32 slow reduce tasks.
///
/// Two workers need at least five seconds for each phase. There are no backup attempts, so a task stays with its
/// worker until the lease ends.
pub(super) fn slow_books() -> Config {
    books()
        .set("input.split_size", "64KiB")
        .set("job.reduces", "32")
        .set("worker.slow", "700ms")
        .set("worker.backups", "false")
}

impl Phase {
    /// Both phases.
    pub(super) const BOTH: [Self; 2] = [Self::Map, Self::Reduce];

    /// Returns the state of the job in this phase.
    fn state(self) -> &'static str {
        match self {
            Self::Map => "MAP",
            Self::Reduce => "REDUCE",
        }
    }

    /// Waits until some tasks of the phase are done.
    pub(super) fn await_start(self, cluster: &Cluster) {
        match self {
            Self::Map => cluster.await_done(4),
            Self::Reduce => cluster.await_reduced(2),
        }
        self.assert_lasts(cluster);
    }

    /// Checks that the phase is not over, so that the previous steps of the test happened in it.
    pub(super) fn assert_lasts(self, cluster: &Cluster) {
        assert_eq!(cluster.state(), self.state(), "the phase was over");
    }

    /// Starts a worker that holds tasks of the phase without end.
    pub(super) fn holder(self, cluster: &Cluster) -> Process {
        self.await_start(cluster);
        let worker = cluster.worker_with(&[("worker.slow", "30m")]);
        worker.await_log(" worker=");
        eventually(DEADLINE, "the worker holds a task", || {
            cluster.held_by(&worker) > 0
        });
        self.assert_lasts(cluster);
        worker
    }
}

/// Returns the number of times that the logs contain `text`.
pub(super) fn logged(workers: &[Process], text: &str) -> usize {
    let times = |worker: &Process| worker.log().matches(text).count();
    workers.iter().map(times).sum()
}

/// Checks that at least one log contains `text`.
pub(super) fn assert_logged(workers: &[Process], text: &str) {
    assert!(logged(workers, text) > 0, "no log contains {text:?}");
}

/// Checks that the remaining blobs in Redis expire within an hour.
pub(super) fn assert_blobs_expire(cluster: &Cluster) {
    for key in cluster.blobs(0..u64::MAX) {
        let seconds: i64 = cluster.query(&["TTL", &key]);
        assert!((0..=3600).contains(&seconds), "{key}: {seconds}");
    }
}

/// Checks that no blob is left in Redis.
pub(super) fn assert_no_blobs(cluster: &Cluster) {
    assert_eq!(cluster.blobs(0..u64::MAX), Vec::<String>::new());
}

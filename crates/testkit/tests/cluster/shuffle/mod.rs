//! Jobs that aggregate by shuffle: whatever becomes of processes and runs in either phase, the result is
//! right, byte for byte.
//!
//! # Layout
//! - `exact`: without faults. `output`: other layouts of the result. `spill`: more than fits the memory.
//! - `workers`, `masters`, `redis`: who dies in which phase.
//! - `lost`: runs and parts that vanish or are damaged. `parted`: stores that are not shared.
//! - `lives`: how long blobs live.

mod exact;
mod lives;
mod lost;
mod masters;
mod output;
mod parted;
mod redis;
mod spill;
mod workers;

use testkit::{Cluster, Config, DEADLINE, Process, eventually};

use crate::books;

/// The phase in which something goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Map,
    Reduce,
}

/// The books as some 30 map tasks and 32 reduce tasks, each of which takes a while, so that two workers are at a phase
/// for five seconds and more, and is left to whoever has it until the lease ends.
fn slow_books() -> Config {
    books()
        .set("input.split_size", "64KiB")
        .set("job.reduces", "32")
        .set("worker.slow", "700ms")
        .set("worker.backups", "false")
}

impl Phase {
    const BOTH: [Self; 2] = [Self::Map, Self::Reduce];

    /// The word that the job has for it.
    fn state(self) -> &'static str {
        match self {
            Self::Map => "MAP",
            Self::Reduce => "REDUCE",
        }
    }

    /// Waits until some tasks of the phase are done.
    fn begun(self, cluster: &Cluster) {
        match self {
            Self::Map => cluster.await_done(4),
            Self::Reduce => cluster.await_reduced(2),
        }
        self.lasts(cluster);
    }

    /// Checks that it is not over: what was done before was done in it.
    fn lasts(self, cluster: &Cluster) {
        assert_eq!(cluster.state(), self.state(), "the phase was over");
    }

    /// Starts a worker that holds some of its tasks for ever.
    fn holder(self, cluster: &Cluster) -> Process {
        self.begun(cluster);
        let worker = cluster.worker_with(&[("worker.slow", "30m")]);
        worker.await_log(" worker=");
        eventually(DEADLINE, "it holds a task", || cluster.held_by(&worker) > 0);
        self.lasts(cluster);
        worker
    }
}

/// How often `text` is in the logs.
fn logged(workers: &[Process], text: &str) -> usize {
    let times = |worker: &Process| worker.log().matches(text).count();
    workers.iter().map(times).sum()
}

/// Checks that at least one log says so.
fn assert_logged(workers: &[Process], text: &str) {
    assert!(logged(workers, text) > 0, "nobody says {text:?}");
}

/// Checks that blobs in Redis, if any are left, are gone within an hour.
fn assert_blobs_expire(cluster: &Cluster) {
    for key in cluster.blobs(0..u64::MAX) {
        let seconds: i64 = cluster.ask(&["TTL", &key]);
        assert!((0..=3600).contains(&seconds), "{key}: {seconds}");
    }
}

/// Checks that no blob is left in Redis.
fn assert_no_blobs(cluster: &Cluster) {
    assert_eq!(cluster.blobs(0..u64::MAX), Vec::<String>::new());
}

//! Waiting for progress of a job under a fault.

use testkit::{Cluster, DEADLINE, eventually};

/// Lease that outlasts any test.
pub(super) const ENDLESS: &str = "1h";

/// Waits until `tasks` more tasks are done than now. The job must have so many tasks left.
pub(super) fn await_more(cluster: &Cluster, tasks: u64) {
    let before = cluster.done();
    assert!(before + tasks < cluster.total(), "the job is nearly over");
    eventually(DEADLINE, &format!("{tasks} more tasks are done"), || {
        cluster.done() >= before + tasks
    });
}

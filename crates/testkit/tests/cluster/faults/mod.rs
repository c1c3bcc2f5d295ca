//! Rows of the fault matrix in `docs/concepts/guarantees.md` that need a fault of their own; most rows are covered by the
//! tests beside this folder. Whatever the fault is: the result is right, byte for byte, or there is none and the
//! message names the cause.
//!
//! # Layout
//! - `network`: replies that are lost, partitions, latency, connections that are half open (rows 2, 3, 21, 22).
//! - `workers`: slow ones, and tasks that kill their workers (rows 6 to 8).
//! - `restarts`: Redis that dies very often, or comes back with an older library (rows 16 and 17).
//! - `damage`: files of Redis that are cut off or changed (row 18).
//! - `clocks`: an hour ahead, an hour back (row 23).
//! - `refused`: servers and users that are not fit for jobs, other versions (rows 20, 24 and 29).
//! - `outputs`: disks that are full or read-only, and what an earlier job left (rows 27 and 28).

mod clocks;
mod damage;
mod network;
mod outputs;
mod refused;
mod restarts;
mod workers;

use testkit::{Cluster, DEADLINE, eventually};

/// A lease that no test lives to see the end of.
const ENDLESS: &str = "1h";

/// Waits until `tasks` more tasks are done than now, which the job must still have.
fn await_more(cluster: &Cluster, tasks: u64) {
    let before = cluster.done();
    assert!(before + tasks < cluster.total(), "the job is nearly over");
    eventually(DEADLINE, &format!("{tasks} more tasks are done"), || {
        cluster.done() >= before + tasks
    });
}

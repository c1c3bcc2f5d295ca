//! Runs and partition results that vanish or are damaged during a job. Their tasks are rerun.

use testkit::{Cluster, Config, Process};

use super::phase::{Phase, assert_blobs_expire, assert_logged, logged, slow_books};
use crate::support::assert_ends_well;

const RUN_LOST: &str = "run was lost; rerunning its map task";
const RESULT_LOST: &str = "results of reduce tasks are lost; rerunning the tasks";

/// Damages the blob of a key.
type DecompressionError = fn(&Cluster, &str);

fn delete(cluster: &Cluster, key: &str) {
    let deleted: u64 = cluster.query(&["DEL", key]);
    assert_eq!(deleted, 1, "{key} was not there");
}

/// Returns the size of a blob in bytes.
fn len(cluster: &Cluster, key: &str) -> usize {
    let len = cluster.query(&["STRLEN", key]);
    assert!(len > 100, "{key} has {len} bytes");
    len
}

/// Overwrites all bytes from `start` on.
fn overwrite(cluster: &Cluster, key: &str, start: usize) {
    let noise = "x".repeat(len(cluster, key) - start);
    let _: u64 = cluster.query(&["SETRANGE", key, &start.to_string(), &noise]);
}

fn overwrite_all(cluster: &Cluster, key: &str) {
    overwrite(cluster, key, 0);
}

/// Overwrites a run except its header and index, which have this size in `slow_books`.
fn overwrite_sections(cluster: &Cluster, key: &str) {
    overwrite(cluster, key, 16 + 32 * 32);
}

/// Overwrites a partition result except its header and index.
fn overwrite_rows(cluster: &Cluster, key: &str) {
    overwrite(cluster, key, 16 + 32 + 16);
}

fn remove_last_byte(cluster: &Cluster, key: &str) {
    keep_start(cluster, key, len(cluster, key) - 1);
}

fn truncate(cluster: &Cluster, key: &str) {
    keep_start(cluster, key, 10);
}

fn keep_start(cluster: &Cluster, key: &str, len: usize) {
    let script = "return redis.call('SET', KEYS[1], redis.call('GETRANGE', KEYS[1], 0, ARGV[1] - 1), 'KEEPTTL')";
    let _: () = cluster.query(&["EVAL", script, "1", key, &len.to_string()]);
}

/// Damages blobs in `phase`, and waits for the success of the job.
fn run(
    config: Config,
    phase: Phase,
    damage: impl Fn(&Cluster),
) -> (Cluster, Process, Vec<Process>) {
    let cluster = config.start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    phase.await_start(&cluster);
    damage(&cluster);
    phase.assert_lasts(&cluster);
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert_blobs_expire(&cluster);
    (cluster, master, workers)
}

/// Damages a run in either phase. Its task must be rerun, and no other.
fn check_run(damage: DecompressionError) {
    for phase in Phase::BOTH {
        let (cluster, _, workers) = run(slow_books(), phase, |cluster| {
            damage(cluster, &cluster.runs()[1]);
        });
        assert_logged(&workers, RUN_LOST);
        let commits = logged(&workers, "reply=Committed") as u64;
        assert_eq!(commits, cluster.total() + 1, "{phase:?}");
    }
}

#[test]
fn a_deleted_run_is_made_again() {
    check_run(delete);
}

#[test]
fn an_overwritten_run_is_made_again() {
    check_run(overwrite_all);
}

#[test]
fn a_run_with_damaged_sections_is_made_again() {
    check_run(overwrite_sections);
}

#[test]
fn a_run_truncated_to_its_first_bytes_is_made_again() {
    check_run(truncate);
}

#[test]
fn a_run_without_its_last_byte_is_made_again() {
    // Only in the map phase: the last section is not read again once it is reduced.
    let damage = |cluster: &Cluster| remove_last_byte(cluster, &cluster.runs()[1]);
    let (_cluster, _, workers) = run(slow_books(), Phase::Map, damage);
    assert_logged(&workers, RUN_LOST);
}

#[test]
fn a_run_replaced_by_another_is_made_again() {
    let damage = |cluster: &Cluster| {
        let runs = cluster.runs();
        let _: u64 = cluster.query(&["COPY", &runs[0], &runs[1], "REPLACE"]);
    };
    let (_cluster, _, workers) = run(slow_books(), Phase::Map, damage);
    assert_logged(&workers, RUN_LOST);
}

#[test]
fn all_runs_deleted_at_once_are_made_again() {
    for phase in Phase::BOTH {
        let (cluster, _, workers) = run(slow_books(), phase, |cluster| {
            let runs = cluster.runs();
            assert!(runs.len() > 3, "{runs:?}");
            runs.iter().for_each(|key| delete(cluster, key));
        });
        let lost = logged(&workers, RUN_LOST) as u64;
        match phase {
            Phase::Map => assert!(lost > 3, "{lost}"),
            Phase::Reduce => assert!(lost >= cluster.maps(), "{lost}"),
        }
    }
}

/// Damages partition results before the other reduce tasks are done.
fn check_partition_results(damage: DecompressionError, all: bool) {
    let (_cluster, master, _) = run(slow_books(), Phase::Reduce, |cluster| {
        let results = cluster.partition_results();
        let most = if all { results.len() } else { 1 };
        results[..most].iter().for_each(|key| damage(cluster, key));
    });
    master.assert_log(RESULT_LOST);
}

#[test]
fn a_deleted_partition_result_is_made_again() {
    check_partition_results(delete, false);
}

#[test]
fn an_overwritten_partition_result_is_made_again() {
    check_partition_results(overwrite_all, false);
}

#[test]
fn a_partition_result_with_damaged_rows_is_made_again() {
    check_partition_results(overwrite_rows, false);
}

#[test]
fn truncated_partition_results_are_made_again() {
    check_partition_results(remove_last_byte, true);
}

#[test]
fn runs_and_partition_results_deleted_together_are_made_again() {
    let (cluster, master, workers) = run(slow_books(), Phase::Reduce, |cluster| {
        let all = cluster.blobs(0..u64::MAX);
        all.iter().for_each(|key| delete(cluster, key));
    });
    master.assert_log(RESULT_LOST);
    assert!(logged(&workers, RUN_LOST) as u64 >= cluster.maps());
}

#[test]
fn a_partition_result_lost_after_the_job_ends_it_and_the_next_run_starts_over() {
    let cluster = slow_books().set("worker.slow", "0").start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master_with(&[("crash.at", "before-rename")]);
    assert_eq!(master.exit(), 137);
    assert_eq!(cluster.state(), "DONE");
    delete(&cluster, &cluster.partition_results()[0]);
    let mut master = cluster.master();
    assert_eq!(master.exit(), 1);
    master.assert_log("lost before the output was written");
    cluster.assert_no_output();
    workers
        .iter_mut()
        .for_each(|worker| assert_eq!(worker.exit(), 0));
    // The job has ended, so the next master starts another one.
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    assert_eq!(master.exit(), 0);
    cluster.assert_exact();
    workers
        .iter_mut()
        .for_each(|worker| assert_eq!(worker.exit(), 0));
}

#[test]
fn a_run_that_is_lost_repeatedly_fails_the_job_with_that_cause() {
    let cluster = slow_books().set("worker.max_attempts", "2").start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    Phase::Map.await_start(&cluster);
    // Delete all runs of task 0.
    testkit::eventually(testkit::DEADLINE, "the master ends", || {
        for key in cluster.blobs(0..1) {
            let _: u64 = cluster.query(&["DEL", &key]);
        }
        master.ended().is_some()
    });
    assert_eq!(master.exit(), 1);
    master.assert_log("the run of task 0 was lost repeatedly");
    master.assert_log("shuffle.store");
    cluster.assert_no_output();
    for worker in &mut workers {
        assert_eq!(worker.exit(), 0);
    }
}

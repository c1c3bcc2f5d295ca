//! Runs and parts that vanish or are damaged while the job runs: their tasks are done again.

use testkit::{Cluster, Config, Process};

use super::{Phase, assert_blobs_expire, assert_logged, logged, slow_books};
use crate::assert_ends_well;

const RUN_LOST: &str = "run lost; rerunning its map task";
const PART_LOST: &str = "parts of reduce tasks are lost; making them again";

/// Does something to the blob at a key.
type Harm = fn(&Cluster, &str);

fn delete(cluster: &Cluster, key: &str) {
    let deleted: u64 = cluster.ask(&["DEL", key]);
    assert_eq!(deleted, 1, "{key} was not there");
}

/// Bytes of a blob.
fn len(cluster: &Cluster, key: &str) -> usize {
    let len = cluster.ask(&["STRLEN", key]);
    assert!(len > 100, "{key} has {len} bytes");
    len
}

/// Writes over all bytes from `start` on.
fn overwrite(cluster: &Cluster, key: &str, start: usize) {
    let noise = "x".repeat(len(cluster, key) - start);
    let _: u64 = cluster.ask(&["SETRANGE", key, &start.to_string(), &noise]);
}

fn spoil_all(cluster: &Cluster, key: &str) {
    overwrite(cluster, key, 0);
}

/// Leaves the header and the index of `slow_books` as they are.
fn spoil_sections(cluster: &Cluster, key: &str) {
    overwrite(cluster, key, 16 + 32 * 32);
}

/// Leaves the index of a part.
fn spoil_rows(cluster: &Cluster, key: &str) {
    overwrite(cluster, key, 16 + 32 + 16);
}

fn cut_off(cluster: &Cluster, key: &str) {
    keep_start(cluster, key, len(cluster, key) - 1);
}

fn cut_short(cluster: &Cluster, key: &str) {
    keep_start(cluster, key, 10);
}

fn keep_start(cluster: &Cluster, key: &str, len: usize) {
    let script = "return redis.call('SET', KEYS[1], redis.call('GETRANGE', KEYS[1], 0, ARGV[1] - 1), 'KEEPTTL')";
    let _: () = cluster.ask(&["EVAL", script, "1", key, &len.to_string()]);
}

/// Harms blobs in `phase` and lets the job end.
fn run(config: Config, phase: Phase, harm: impl Fn(&Cluster)) -> (Cluster, Process, Vec<Process>) {
    let cluster = config.start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    phase.begun(&cluster);
    harm(&cluster);
    phase.lasts(&cluster);
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert_blobs_expire(&cluster);
    (cluster, master, workers)
}

/// Harms a run in either phase: its task is done again, and no other.
fn check_run(harm: Harm) {
    for phase in Phase::BOTH {
        let (cluster, _, workers) = run(slow_books(), phase, |cluster| {
            harm(cluster, &cluster.runs()[1])
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
fn a_run_of_noise_is_made_again() {
    check_run(spoil_all);
}

#[test]
fn a_run_with_damaged_sections_is_made_again() {
    check_run(spoil_sections);
}

#[test]
fn a_run_that_is_cut_off_is_made_again() {
    check_run(cut_short);
}

#[test]
fn a_run_without_its_last_byte_is_made_again() {
    // Nobody needs the last section any more once it is reduced.
    let harm = |cluster: &Cluster| cut_off(cluster, &cluster.runs()[1]);
    let (_cluster, _, workers) = run(slow_books(), Phase::Map, harm);
    assert_logged(&workers, RUN_LOST);
}

#[test]
fn a_run_in_place_of_another_is_made_again() {
    let harm = |cluster: &Cluster| {
        let runs = cluster.runs();
        let _: u64 = cluster.ask(&["COPY", &runs[0], &runs[1], "REPLACE"]);
    };
    let (_cluster, _, workers) = run(slow_books(), Phase::Map, harm);
    assert_logged(&workers, RUN_LOST);
}

#[test]
fn all_runs_that_are_deleted_at_once_are_made_again() {
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

/// Harms parts of the reduce tasks that are done before the others are.
fn check_parts(harm: Harm, all: bool) {
    let (_cluster, master, _) = run(slow_books(), Phase::Reduce, |cluster| {
        let parts = cluster.parts();
        let most = if all { parts.len() } else { 1 };
        parts[..most].iter().for_each(|key| harm(cluster, key));
    });
    master.assert_log(PART_LOST);
}

#[test]
fn a_deleted_part_is_made_again() {
    check_parts(delete, false);
}

#[test]
fn a_part_of_noise_is_made_again() {
    check_parts(spoil_all, false);
}

#[test]
fn a_part_with_damaged_rows_is_made_again() {
    check_parts(spoil_rows, false);
}

#[test]
fn parts_that_are_cut_off_are_made_again() {
    check_parts(cut_off, true);
}

#[test]
fn runs_and_parts_that_are_deleted_together_are_made_again() {
    let (cluster, master, workers) = run(slow_books(), Phase::Reduce, |cluster| {
        let all = cluster.blobs(0..u64::MAX);
        all.iter().for_each(|key| delete(cluster, key));
    });
    master.assert_log(PART_LOST);
    assert!(logged(&workers, RUN_LOST) as u64 >= cluster.maps());
}

#[test]
fn a_part_that_is_lost_when_the_job_is_done_ends_it_and_the_next_run_is_anew() {
    let cluster = slow_books().set("worker.slow", "0").start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master_with(&[("crash.at", "before-rename")]);
    assert_eq!(master.exit(), 137);
    assert_eq!(cluster.state(), "DONE");
    delete(&cluster, &cluster.parts()[0]);
    let mut master = cluster.master();
    assert_eq!(master.exit(), 1);
    master.assert_log("lost after the job was done");
    cluster.assert_no_output();
    workers
        .iter_mut()
        .for_each(|worker| assert_eq!(worker.exit(), 0));
    // The job is over, so the next run is another one.
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    assert_eq!(master.exit(), 0);
    cluster.assert_exact();
    workers
        .iter_mut()
        .for_each(|worker| assert_eq!(worker.exit(), 0));
}

#[test]
fn a_run_that_is_lost_whenever_it_is_made_fails_the_job_with_the_cause() {
    let cluster = slow_books().set("worker.max_attempts", "2").start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    Phase::Map.begun(&cluster);
    // Somebody who deletes the runs of task 0 whenever they come.
    testkit::eventually(testkit::DEADLINE, "the master ends", || {
        for key in cluster.blobs(0..1) {
            let _: u64 = cluster.ask(&["DEL", &key]);
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

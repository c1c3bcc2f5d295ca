//! Workers that die or are terminated in either phase.

use testkit::{DEADLINE, Process, eventually};

use super::phase::{Phase, assert_logged, assert_no_blobs, slow_books};
use crate::support::assert_ends_well;

const RECLAIMED: &str = "reclaimed a task with an expired lease";

fn check_killed(phase: Phase) {
    let cluster = slow_books().start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    let mut victim = phase.holder(&cluster);
    victim.kill();
    phase.assert_lasts(&cluster);
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert_logged(&workers, RECLAIMED);
    assert_no_blobs(&cluster);
}

#[test]
fn map_tasks_of_a_killed_worker_are_reclaimed() {
    check_killed(Phase::Map);
}

#[test]
fn reduce_tasks_of_a_killed_worker_are_reclaimed() {
    check_killed(Phase::Reduce);
}

fn check_all_killed(phase: Phase) {
    let cluster = slow_books().start();
    let mut dead = cluster.workers(2);
    let mut master = cluster.master();
    phase.await_start(&cluster);
    dead.iter_mut().for_each(Process::kill);
    phase.assert_lasts(&cluster);
    assert!(cluster.pending() > 0, "the dead workers held no task");
    let mut workers = cluster.workers(2);
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert_logged(&workers, RECLAIMED);
}

#[test]
fn a_job_continues_with_the_runs_of_dead_workers() {
    check_all_killed(Phase::Reduce);
}

#[test]
fn map_tasks_are_reclaimed_when_all_workers_have_died() {
    check_all_killed(Phase::Map);
}

fn check_crash(phase: Phase, point: &str, reclaims: bool) {
    let cluster = slow_books().start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    phase.await_start(&cluster);
    let crash = [
        ("crash.at", point),
        ("worker.slots", "1"),
        ("worker.slow", "0"),
    ];
    let mut crasher = cluster.worker_with(&crash);
    assert_eq!(crasher.exit(), 137);
    crasher.assert_log("crash point reached");
    phase.assert_lasts(&cluster);
    assert_ends_well(&cluster, &mut master, &mut workers);
    if reclaims {
        assert_logged(&workers, RECLAIMED);
    }
}

#[test]
fn a_job_survives_crashes_after_the_claim() {
    for phase in Phase::BOTH {
        check_crash(phase, "after-claim", true);
    }
}

#[test]
fn a_job_survives_crashes_before_the_commit() {
    for phase in Phase::BOTH {
        check_crash(phase, "before-commit", true);
    }
}

#[test]
fn a_job_survives_crashes_after_the_commit() {
    for phase in Phase::BOTH {
        check_crash(phase, "after-commit", false);
    }
}

#[test]
fn a_terminated_worker_finishes_its_reduce_tasks() {
    let cluster = slow_books().set("worker.lease", "1h").start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    Phase::Reduce.await_start(&cluster);
    workers[0].terminate();
    assert_eq!(workers[0].exit(), 0);
    Phase::Reduce.assert_lasts(&cluster);
    workers[0].assert_log("finishing the running tasks");
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert!(!workers[0].log().contains("exiting with unfinished tasks"));
}

#[test]
fn a_terminated_worker_returns_reduce_tasks_that_take_too_long() {
    let cluster = slow_books().set("worker.lease", "1h").start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    let mut slow = Phase::Reduce.holder(&cluster);
    slow.terminate();
    assert_eq!(slow.exit(), 0);
    Phase::Reduce.assert_lasts(&cluster);
    slow.assert_log("task returned");
    assert_ends_well(&cluster, &mut master, &mut workers);
}

#[test]
fn the_run_of_a_worker_suspended_beyond_its_lease_is_removed() {
    let cluster = slow_books().start();
    let mut master = cluster.master();
    // This worker is suspended while it holds one task, and has a lease that others consider expired.
    let mut zombie = cluster.worker_with(&[("worker.lease", "1h"), ("worker.slots", "1")]);
    zombie.await_log(" worker=");
    eventually(DEADLINE, "the worker holds a task", || {
        cluster.held_by(&zombie) > 0
    });
    zombie.stop();
    let mut workers = cluster.workers(2);
    Phase::Reduce.await_start(&cluster);
    let runs = cluster.runs();
    assert_eq!(runs.len() as u64, cluster.maps());
    zombie.resume();
    zombie.await_log("reply=Duplicate");
    Phase::Reduce.assert_lasts(&cluster);
    eventually(DEADLINE, "the run is removed", || cluster.runs() == runs);
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert_eq!(zombie.exit(), 0);
    assert_logged(&workers, RECLAIMED);
    assert_no_blobs(&cluster);
}

//! Workers that die or are asked to go, in either phase.

use testkit::{DEADLINE, Process, eventually};

use super::{Phase, assert_logged, assert_no_blobs, slow_books};
use crate::assert_ends_well;

const TAKEN_OVER: &str = "reclaimed a task with an expired lease";

fn check_killed(phase: Phase) {
    let cluster = slow_books().start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    let mut victim = phase.holder(&cluster);
    victim.kill();
    phase.lasts(&cluster);
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert_logged(&workers, TAKEN_OVER);
    assert_no_blobs(&cluster);
}

#[test]
fn map_tasks_of_a_killed_worker_are_taken_over() {
    check_killed(Phase::Map);
}

#[test]
fn reduce_tasks_of_a_killed_worker_are_taken_over() {
    check_killed(Phase::Reduce);
}

fn check_all_killed(phase: Phase) {
    let cluster = slow_books().start();
    let mut dead = cluster.workers(2);
    let mut master = cluster.master();
    phase.begun(&cluster);
    dead.iter_mut().for_each(Process::kill);
    phase.lasts(&cluster);
    assert!(cluster.pending() > 0, "they had nothing in hand");
    let mut workers = cluster.workers(2);
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert_logged(&workers, TAKEN_OVER);
}

#[test]
fn a_job_goes_on_with_the_runs_of_workers_that_are_all_dead() {
    check_all_killed(Phase::Reduce);
}

#[test]
fn map_tasks_of_workers_that_are_all_dead_are_taken_over() {
    check_all_killed(Phase::Map);
}

fn check_crash(phase: Phase, point: &str, takes_over: bool) {
    let cluster = slow_books().start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    phase.begun(&cluster);
    let crash = [
        ("crash.at", point),
        ("worker.slots", "1"),
        ("worker.slow", "0"),
    ];
    let mut crasher = cluster.worker_with(&crash);
    assert_eq!(crasher.exit(), 137);
    crasher.assert_log("crash point reached");
    phase.lasts(&cluster);
    assert_ends_well(&cluster, &mut master, &mut workers);
    if takes_over {
        assert_logged(&workers, TAKEN_OVER);
    }
}

#[test]
fn crashes_after_the_claim_cost_nothing_but_time() {
    for phase in Phase::BOTH {
        check_crash(phase, "after-claim", true);
    }
}

#[test]
fn crashes_before_the_commit_cost_nothing_but_time() {
    for phase in Phase::BOTH {
        check_crash(phase, "before-commit", true);
    }
}

#[test]
fn crashes_after_the_commit_cost_nothing() {
    for phase in Phase::BOTH {
        check_crash(phase, "after-commit", false);
    }
}

#[test]
fn a_worker_asked_to_go_finishes_its_reduce_tasks_and_nobody_waits_for_its_lease() {
    let cluster = slow_books().set("worker.lease", "1h").start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    Phase::Reduce.begun(&cluster);
    workers[0].terminate();
    assert_eq!(workers[0].exit(), 0);
    Phase::Reduce.lasts(&cluster);
    workers[0].assert_log("finishing the running tasks");
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert!(!workers[0].log().contains("stopped with unfinished tasks"));
}

#[test]
fn a_worker_asked_to_go_hands_back_reduce_tasks_that_take_too_long() {
    let cluster = slow_books().set("worker.lease", "1h").start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    let mut slow = Phase::Reduce.holder(&cluster);
    slow.terminate();
    assert_eq!(slow.exit(), 0);
    Phase::Reduce.lasts(&cluster);
    slow.assert_log("given back");
    assert_ends_well(&cluster, &mut master, &mut workers);
}

#[test]
fn the_run_of_a_worker_that_slept_through_its_lease_is_removed() {
    let cluster = slow_books().start();
    let mut master = cluster.master();
    // It never renews its lease, and sleeps while it has one task in hand.
    let mut zombie = cluster.worker_with(&[("worker.lease", "1h"), ("worker.slots", "1")]);
    zombie.await_log(" worker=");
    eventually(DEADLINE, "it holds a task", || cluster.held_by(&zombie) > 0);
    zombie.stop();
    let mut workers = cluster.workers(2);
    Phase::Reduce.begun(&cluster);
    let runs = cluster.runs();
    assert_eq!(runs.len() as u64, cluster.maps());
    zombie.resume();
    zombie.await_log("reply=Duplicate");
    Phase::Reduce.lasts(&cluster);
    eventually(DEADLINE, "its run is removed", || cluster.runs() == runs);
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert_eq!(zombie.exit(), 0);
    assert_logged(&workers, TAKEN_OVER);
    assert_no_blobs(&cluster);
}

//! Masters that die, in either phase and while the result is written.

use super::{Phase, assert_no_blobs, slow_books};
use crate::assert_ends_well;

const TAKES_UP: &str = "resuming an unfinished job";

#[test]
fn a_master_that_dies_in_either_phase_is_followed_by_one_that_goes_on() {
    let cluster = slow_books().start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    for phase in Phase::BOTH {
        phase.begun(&cluster);
        master.kill();
        phase.lasts(&cluster);
        master = cluster.master();
        master.await_log(TAKES_UP);
    }
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert_no_blobs(&cluster);
}

/// Workers come to the end of a phase without a master.
fn check_absence(phase: Phase) {
    let cluster = slow_books().start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    phase.begun(&cluster);
    master.kill();
    phase.lasts(&cluster);
    let tasks = match phase {
        Phase::Map => cluster.maps(),
        Phase::Reduce => cluster.total(),
    };
    cluster.await_done(tasks);
    phase.lasts(&cluster);
    let mut master = cluster.master();
    assert_ends_well(&cluster, &mut master, &mut workers);
    master.assert_log(TAKES_UP);
}

#[test]
fn a_master_that_comes_after_the_last_map_task_plans_the_reduce_tasks() {
    check_absence(Phase::Map);
}

#[test]
fn a_master_that_comes_after_the_last_reduce_task_writes_the_result() {
    check_absence(Phase::Reduce);
}

#[test]
fn masters_that_die_while_they_plan_reduce_tasks_are_followed_by_one_that_plans_the_rest() {
    // More reduce tasks than are handed over in two calls. A master's first call is for
    // the map tasks.
    let config = slow_books().set("job.reduces", "2500");
    let cluster = config.set("worker.slow", "0").start();
    let mut workers = cluster.workers(2);
    let mut planned = 0;
    for _ in 0..2 {
        let crash = [("crash.at", "while-planning"), ("crash.skip", "2")];
        let mut master = cluster.master_with(&crash);
        assert_eq!(master.exit(), 137);
        assert_eq!(cluster.state(), "MAP");
        assert!(cluster.done() >= cluster.maps());
        let before = planned.max(cluster.maps());
        planned = cluster.ask(&["HGET", &cluster.key("meta"), "next"]);
        assert!((before + 1..cluster.total()).contains(&planned));
    }
    let mut master = cluster.master();
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert_no_blobs(&cluster);
}

#[test]
fn masters_that_die_with_the_result_written_are_followed_by_one_that_publishes() {
    let cluster = slow_books().set("worker.slow", "0").start();
    let mut workers = cluster.workers(2);
    for _ in 0..2 {
        let mut master = cluster.master_with(&[("crash.at", "before-rename")]);
        assert_eq!(master.exit(), 137);
        assert_eq!(cluster.state(), "DONE");
        assert!(!cluster.output().exists());
        assert!(!cluster.parts().is_empty(), "nothing is left to publish");
    }
    let mut master = cluster.master();
    assert_ends_well(&cluster, &mut master, &mut workers);
    master.assert_log(TAKES_UP);
    assert_no_blobs(&cluster);
}

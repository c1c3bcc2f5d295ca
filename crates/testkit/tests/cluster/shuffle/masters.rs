//! Masters that die in either phase, and while they write the result.

use super::phase::{Phase, assert_no_blobs, slow_books};
use crate::support::assert_ends_well;

const RESUMES: &str = "resuming an unfinished job";

#[test]
fn a_new_master_resumes_the_job_in_either_phase() {
    let cluster = slow_books().start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    for phase in Phase::BOTH {
        phase.await_start(&cluster);
        master.kill();
        phase.assert_lasts(&cluster);
        master = cluster.master();
        master.await_log(RESUMES);
    }
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert_no_blobs(&cluster);
}

/// Lets the workers complete a phase without a master.
fn check_absence(phase: Phase) {
    let cluster = slow_books().start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    phase.await_start(&cluster);
    master.kill();
    phase.assert_lasts(&cluster);
    let tasks = match phase {
        Phase::Map => cluster.maps(),
        Phase::Reduce => cluster.total(),
    };
    cluster.await_done(tasks);
    phase.assert_lasts(&cluster);
    let mut master = cluster.master();
    assert_ends_well(&cluster, &mut master, &mut workers);
    master.assert_log(RESUMES);
}

#[test]
fn a_master_started_after_the_last_map_task_plans_the_reduce_tasks() {
    check_absence(Phase::Map);
}

#[test]
fn a_master_started_after_the_last_reduce_task_writes_the_result() {
    check_absence(Phase::Reduce);
}

#[test]
fn a_new_master_completes_the_planning_of_reduce_tasks() {
    // More reduce tasks than two calls to Redis plan. The first call of a master plans map tasks.
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
        planned = cluster.query(&["HGET", &cluster.key("meta"), "next"]);
        assert!((before + 1..cluster.total()).contains(&planned));
    }
    let mut master = cluster.master();
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert_no_blobs(&cluster);
}

#[test]
fn a_new_master_publishes_the_result_of_masters_that_died() {
    let cluster = slow_books().set("worker.slow", "0").start();
    let mut workers = cluster.workers(2);
    for _ in 0..2 {
        let mut master = cluster.master_with(&[("crash.at", "before-rename")]);
        assert_eq!(master.exit(), 137);
        assert_eq!(cluster.state(), "DONE");
        assert!(!cluster.output().exists());
        assert!(
            !cluster.partition_results().is_empty(),
            "nothing is left to publish"
        );
    }
    let mut master = cluster.master();
    assert_ends_well(&cluster, &mut master, &mut workers);
    master.assert_log(RESUMES);
    assert_no_blobs(&cluster);
}

//! Dead masters, and several masters at the same time.

use std::fs;

use testkit::{Cluster, Data, Process, Tokenizer};

use crate::support::{assert_ends_well, books, hurry, long_books};

/// Checks that the master has resumed `job`, and that there is no other job.
fn assert_same_job(cluster: &Cluster, job: &str, master: &Process) {
    assert_eq!(cluster.jobs(), [job]);
    master.assert_log("resuming an unfinished job");
    master.assert_log(job);
}

#[test]
fn a_new_master_completes_the_plan_of_masters_that_died() {
    // More tasks than one call to Redis plans.
    let cluster = books().set("input.split_size", "1KiB").start();
    let mut workers = cluster.workers(3);
    let crash = [("crash.at", "while-planning"), ("crash.skip", "1")];
    assert_eq!(cluster.master_with(&crash).exit(), 137);
    let job = cluster.job();
    for _ in 0..2 {
        assert_eq!(cluster.master_with(&crash).exit(), 137);
    }
    let (state, next): (String, u64) =
        cluster.query(&["HMGET", &cluster.key("meta"), "state", "next"]);
    assert_eq!(state, "PLANNING");
    assert!(0 < next && next < cluster.total());

    let mut master = cluster.master();
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert_same_job(&cluster, &job, &master);
}

#[test]
fn a_master_that_dies_three_times_loses_nothing() {
    let cluster = long_books().start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_done(1);
    let job = cluster.job();
    for done in [10, 25, 40] {
        cluster.await_done(done);
        master.kill();
        master = cluster.master();
        master.await_log("resuming an unfinished job");
    }
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert_same_job(&cluster, &job, &master);
}

#[test]
fn a_new_master_publishes_the_result_of_masters_that_died_before_the_rename() {
    let cluster = books().start();
    let mut workers = cluster.workers(3);
    for _ in 0..3 {
        let crash = [("crash.at", "before-rename")];
        assert_eq!(cluster.master_with(&crash).exit(), 137);
        assert!(!cluster.output().exists());
    }
    let job = cluster.job();
    let mut master = cluster.master();
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert_same_job(&cluster, &job, &master);
    assert!(!cluster.folder().join(".results.json.tmp").exists());
}

#[test]
fn an_older_result_stays_complete_until_the_new_one_replaces_it() {
    let cluster = books().start();
    fs::write(cluster.output(), "older").unwrap();
    let mut workers = cluster.workers(3);
    assert_eq!(
        cluster.master_with(&[("crash.at", "before-rename")]).exit(),
        137
    );
    assert_eq!(fs::read_to_string(cluster.output()).unwrap(), "older");
    assert_ends_well(&cluster, &mut cluster.master(), &mut workers);
}

#[test]
fn two_masters_with_different_outputs_share_one_job() {
    let cluster = long_books().start();
    let other = cluster.folder().join("other.json");
    let mut workers = cluster.workers(3);
    let mut first = cluster.master();
    cluster.await_done(5);
    let mut second = cluster.master_with(&[("job.output", &other.to_string_lossy())]);
    second.await_log("resuming an unfinished job");
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut first, &mut workers);
    assert_eq!(second.exit(), 0);
    Data::books(Tokenizer::Words).assert_result(&other);
    assert_eq!(cluster.jobs().len(), 1);
}

#[test]
fn a_second_master_with_the_same_output_is_refused() {
    let cluster = books().set("worker.slow", "20ms").start();
    let mut first = cluster.master();
    first.await_log("progress");
    let mut second = cluster.master();
    assert_eq!(second.exit(), 73);
    second.assert_log("another master is writing this output");
    second.assert_log(&cluster.output().display().to_string());
    let mut workers = cluster.workers(3);
    assert_ends_well(&cluster, &mut first, &mut workers);
}

#[test]
fn a_published_job_runs_again() {
    let cluster = books().start();
    for runs in 1..=2 {
        let mut master = cluster.master();
        let mut workers = cluster.workers(3);
        assert_eq!(master.exit(), 0);
        cluster.assert_exact();
        for worker in &mut workers {
            assert_eq!(worker.exit(), 0);
        }
        assert_eq!(cluster.jobs().len(), runs);
        fs::remove_file(cluster.output()).unwrap();
    }
}

#[test]
fn a_terminated_master_leaves_the_job_to_the_next() {
    let cluster = long_books().start();
    let mut workers = cluster.workers(3);
    let mut master = cluster.master();
    cluster.await_done(5);
    let job = cluster.job();
    master.terminate();
    assert_eq!(master.exit(), 130);
    cluster.assert_no_output();
    let mut master = cluster.master();
    hurry(&cluster, &mut workers);
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert_same_job(&cluster, &job, &master);
}

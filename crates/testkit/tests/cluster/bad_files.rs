//! Input that changes under a running job, and outputs that cannot be written.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use testkit::{Cluster, Config, DEADLINE, Data, Process, Tokenizer, eventually};

use crate::{books, hurry, long};

/// Lets `spoil` loose on the last file, which workers come to last, while the job runs. It must fail and
/// say which file it was.
fn check_spoilt(spoil: fn(&Path)) {
    let data = Data::books(Tokenizer::Words).copied();
    let file = data.files().pop().expect("there is input");
    // A file that cannot be read gets another attempt; two are enough here.
    let cluster = long(Config::new(data))
        .set("worker.max_attempts", "2")
        .start();
    let mut master = cluster.master();
    let mut workers = cluster.workers(3);
    cluster.await_done(5);
    spoil(&file);
    hurry(&cluster, &mut workers);
    assert_eq!(master.exit(), 1);
    master.assert_log("error: job ");
    master.assert_log(
        &file
            .file_name()
            .expect("a file has a name")
            .to_string_lossy(),
    );
    cluster.assert_no_output();
    assert_workers_leave(&mut workers);
    let state: String = cluster.ask(&["HGET", &cluster.key("meta"), "state"]);
    assert_eq!(state, "FAILED");
}

/// A failed job is over for workers too.
fn assert_workers_leave(workers: &mut [Process]) {
    for worker in workers {
        assert_eq!(worker.exit(), 0);
    }
}

#[test]
fn a_file_that_changes_during_the_job_ends_it() {
    check_spoilt(|file| {
        let text = fs::read_to_string(file).unwrap();
        fs::write(file, text.replace("the ", "THE ")).unwrap();
    });
}

#[test]
fn a_file_that_shrinks_during_the_job_ends_it() {
    check_spoilt(|file| {
        let open = fs::OpenOptions::new().write(true).open(file).unwrap();
        open.set_len(100).unwrap();
    });
}

#[test]
fn a_file_that_grows_during_the_job_ends_it() {
    check_spoilt(|file| {
        let text = fs::read_to_string(file).unwrap();
        fs::write(file, text + "one more line\n").unwrap();
    });
}

#[test]
fn a_file_that_vanishes_during_the_job_ends_it() {
    check_spoilt(|file| fs::remove_file(file).unwrap());
}

#[test]
fn a_job_that_failed_runs_anew_once_the_file_is_right() {
    let data = Data::books(Tokenizer::Words).copied();
    let file = data.files().pop().expect("there is input");
    let text = fs::read(&file).unwrap();
    let cluster = long(Config::new(data)).start();
    let mut master = cluster.master();
    let mut workers = cluster.workers(2);
    cluster.await_done(5);
    fs::write(&file, "short").unwrap();
    hurry(&cluster, &mut workers);
    assert_eq!(master.exit(), 1);
    assert_workers_leave(&mut workers);
    fs::write(&file, text).unwrap();
    let mut workers = Vec::new();
    hurry(&cluster, &mut workers);
    assert_eq!(cluster.master().exit(), 0);
    cluster.assert_exact();
    assert_workers_leave(&mut workers);
}

/// A cluster with a spoilt first file that is planned already.
fn planned_and_spoilt() -> (Cluster, Process) {
    let data = Data::books(Tokenizer::Words).copied();
    let file = data.files().swap_remove(0);
    let cluster = Config::new(data).start();
    let master = cluster.master();
    master.await_log("progress");
    fs::write(&file, "short").unwrap();
    (cluster, master)
}

#[test]
fn the_tasks_that_wait_in_a_failed_job_are_left_alone() {
    let (cluster, mut master) = planned_and_spoilt();
    let mut workers = [cluster.worker_with(&[("worker.slow", "200ms")])];
    assert_eq!(master.exit(), 1);
    assert_workers_leave(&mut workers);
    // Nothing of it can be claimed any more, and of 99 tasks few were.
    let groups: Vec<HashMap<String, redis::Value>> =
        cluster.ask(&["XINFO", "GROUPS", &cluster.key("tasks")]);
    for left in ["lag", "pending"] {
        let left: u64 = redis::from_redis_value(groups[0][left].clone()).unwrap();
        assert_eq!(left, 0);
    }
    let log = workers[0].log();
    let tried = log.matches(" given back ").count() + log.matches(" commit ").count();
    assert!((1..50).contains(&tried), "{tried} of 99 tasks were tried");
}

#[test]
fn expired_leases_of_a_failed_job_do_not_keep_a_worker() {
    let (cluster, mut master) = planned_and_spoilt();
    // Twelve tasks: their leases end faster than one worker with two slots goes through them.
    let mut dead = cluster.worker_with(&[("worker.slow", "30m"), ("worker.slots", "12")]);
    eventually(DEADLINE, "it claims twelve tasks", || {
        cluster.pending() == 12
    });
    dead.kill();
    let mut workers = [cluster.worker()];
    assert_eq!(master.exit(), 1);
    assert_workers_leave(&mut workers);
}

/// A master with this output ends before it has begun.
fn check_output(output: impl Fn(&Cluster) -> std::path::PathBuf, says: &str) {
    let cluster = books().start();
    let output = output(&cluster);
    let mut master = cluster.master_with(&[("job.output", &output.to_string_lossy())]);
    assert_eq!(master.exit(), 73);
    master.assert_log(says);
    master.assert_log("job.output");
    master.assert_log(&cluster.folder().display().to_string());
    assert!(cluster.jobs().is_empty(), "work was begun");
}

#[test]
fn an_output_that_is_a_folder_is_refused_before_the_work() {
    check_output(
        |cluster| cluster.folder().to_path_buf(),
        "is not the name of a regular file",
    );
}

#[test]
fn an_output_below_a_file_is_refused_before_the_work() {
    let below = |cluster: &Cluster| {
        let file = cluster.folder().join("file");
        fs::write(&file, "").unwrap();
        file.join("results.json")
    };
    check_output(below, "cannot be written");
}

#[test]
fn missing_input_is_named() {
    let cluster = books().start();
    let mut master = cluster.master_with(&[("job.input", "no/such/folder")]);
    assert_eq!(master.exit(), 66);
    master.assert_log("no/such/folder");
    assert!(cluster.jobs().is_empty());
}

#[test]
fn a_worker_with_another_input_folder_says_so() {
    let cluster = books().set("worker.max_attempts", "2").start();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut worker = cluster.worker_with(&[("job.input", &elsewhere.path().to_string_lossy())]);
    let mut master = cluster.master();
    assert_eq!(master.exit(), 1);
    master.assert_log("on every machine with a worker");
    cluster.assert_no_output();
    assert_eq!(worker.exit(), 0);
}

//! Input that changes during a job, and outputs that cannot be written.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use testkit::{Cluster, Config, DEADLINE, Data, Process, Tokenizer, eventually};

use crate::support::{books, hurry, long};

/// Calls `change` with the last input file while the job runs. Workers read that file last. The job must fail and name
/// the file.
fn check_changed(change: fn(&Path)) {
    let data = Data::books(Tokenizer::Words).copied();
    let file = data.files().pop().expect("there is input");
    // Two attempts suffice: a task whose file cannot be read is retried.
    let cluster = long(Config::new(data))
        .set("worker.max_attempts", "2")
        .start();
    let mut master = cluster.master();
    let mut workers = cluster.workers(3);
    cluster.await_done(5);
    change(&file);
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
    let state: String = cluster.query(&["HGET", &cluster.key("meta"), "state"]);
    assert_eq!(state, "FAILED");
}

/// Checks that the workers end with the failed job.
fn assert_workers_leave(workers: &mut [Process]) {
    for worker in workers {
        assert_eq!(worker.exit(), 0);
    }
}

#[test]
fn a_file_that_changes_during_the_job_ends_it() {
    check_changed(|file| {
        let text = fs::read_to_string(file).unwrap();
        fs::write(file, text.replace("the ", "THE ")).unwrap();
    });
}

#[test]
fn a_file_that_shrinks_during_the_job_ends_it() {
    check_changed(|file| {
        let open = fs::OpenOptions::new().write(true).open(file).unwrap();
        open.set_len(100).unwrap();
    });
}

#[test]
fn a_file_that_grows_during_the_job_ends_it() {
    check_changed(|file| {
        let text = fs::read_to_string(file).unwrap();
        fs::write(file, text + "one more line\n").unwrap();
    });
}

#[test]
fn a_file_that_vanishes_during_the_job_ends_it() {
    check_changed(|file| fs::remove_file(file).unwrap());
}

#[test]
fn a_failed_job_restarts_once_the_file_is_valid() {
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

/// Starts a job, and truncates its first file after the planning.
fn planned_with_truncated_file() -> (Cluster, Process) {
    let data = Data::books(Tokenizer::Words).copied();
    let file = data.files().swap_remove(0);
    let cluster = Config::new(data).start();
    let master = cluster.master();
    master.await_log("progress");
    fs::write(&file, "short").unwrap();
    (cluster, master)
}

#[test]
fn waiting_tasks_of_a_failed_job_are_not_attempted() {
    let (cluster, mut master) = planned_with_truncated_file();
    let mut workers = [cluster.worker_with(&[("worker.slow", "200ms")])];
    assert_eq!(master.exit(), 1);
    assert_workers_leave(&mut workers);
    // No task can be claimed any more, and only few of the 99 tasks were attempted.
    let groups: Vec<HashMap<String, redis::Value>> =
        cluster.query(&["XINFO", "GROUPS", &cluster.key("tasks")]);
    for left in ["lag", "pending"] {
        let left: u64 = redis::from_redis_value(groups[0][left].clone()).unwrap();
        assert_eq!(left, 0);
    }
    let log = workers[0].log();
    let tried = log.matches(" task returned ").count() + log.matches(" sent a commit ").count();
    assert!(
        (1..50).contains(&tried),
        "{tried} of 99 tasks were attempted"
    );
}

#[test]
fn a_worker_leaves_a_failed_job_despite_expired_leases() {
    let (cluster, mut master) = planned_with_truncated_file();
    // The leases of twelve tasks end faster than one worker with two slots can reclaim the tasks.
    let mut dead = cluster.worker_with(&[("worker.slow", "30m"), ("worker.slots", "12")]);
    eventually(DEADLINE, "the worker claims twelve tasks", || {
        cluster.pending() == 12
    });
    dead.kill();
    let mut workers = [cluster.worker()];
    assert_eq!(master.exit(), 1);
    assert_workers_leave(&mut workers);
}

/// Checks that a master with this output ends before it creates a job.
fn check_output(output: impl Fn(&Cluster) -> std::path::PathBuf, message: &str) {
    let cluster = books().start();
    let output = output(&cluster);
    let mut master = cluster.master_with(&[("job.output", &output.to_string_lossy())]);
    assert_eq!(master.exit(), 73);
    master.assert_log(message);
    master.assert_log("job.output");
    master.assert_log(&cluster.folder().display().to_string());
    assert!(cluster.jobs().is_empty(), "the job has started");
}

#[test]
fn an_output_that_is_a_folder_is_refused_before_the_job_starts() {
    check_output(
        |cluster| cluster.folder().to_path_buf(),
        "not the path of a regular file",
    );
}

#[test]
fn an_output_below_a_file_is_refused_before_the_job_starts() {
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
fn a_worker_with_another_input_folder_fails_with_advice() {
    let cluster = books().set("worker.max_attempts", "2").start();
    let elsewhere = tempfile::tempdir().unwrap();
    let mut worker = cluster.worker_with(&[("job.input", &elsewhere.path().to_string_lossy())]);
    let mut master = cluster.master();
    assert_eq!(master.exit(), 1);
    master.assert_log("on every machine with a worker");
    cluster.assert_no_output();
    assert_eq!(worker.exit(), 0);
}

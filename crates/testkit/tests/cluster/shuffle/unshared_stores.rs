//! Run folders that are not the same for all processes.

use std::path::Path;

use testkit::{Cluster, Process};

use super::phase::{Phase, logged, slow_books};

fn store(folder: &Path) -> String {
    folder.to_string_lossy().into_owned()
}

/// Checks that the job fails with `texts` in its error, and that the workers end.
fn assert_fails(cluster: &Cluster, master: &mut Process, workers: &mut [Process], texts: &[&str]) {
    assert_eq!(master.exit(), 1);
    let log = master.log();
    let error = log.lines().last().unwrap_or_default();
    assert!(error.starts_with("error: job "), "{log}");
    for text in texts {
        assert!(error.contains(text), "{text} is not in: {error}");
    }
    cluster.assert_no_output();
    for worker in workers {
        assert_eq!(worker.exit(), 0);
    }
}

#[test]
fn workers_with_different_run_folders_fail_the_job_and_name_the_setting() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let [here, there] = folders.each_ref().map(|folder| store(folder.path()));
    let cluster = slow_books().set("worker.max_attempts", "3").start();
    let mut workers = [&here, &there].map(|store| cluster.worker_with(&[("shuffle.store", store)]));
    cluster.await_idle(2);
    let mut master = cluster.master_with(&[("shuffle.store", &here)]);
    Phase::Map.await_start(&cluster);
    let texts = ["was lost repeatedly", "shuffle.store"];
    assert_fails(&cluster, &mut master, &mut workers, &texts);
    assert!(logged(&workers, "run was lost") > 3);
}

#[test]
fn a_master_with_another_run_folder_fails_the_job_and_names_the_setting() {
    let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let [here, there] = folders.each_ref().map(|folder| store(folder.path()));
    let cluster = slow_books()
        .set("worker.max_attempts", "2")
        .set("worker.slow", "0")
        .start();
    let mut workers = [(); 2].map(|()| cluster.worker_with(&[("shuffle.store", &here)]));
    let mut master = cluster.master_with(&[("shuffle.store", &there)]);
    let texts = ["the result of task", "was lost repeatedly", "shuffle.store"];
    assert_fails(&cluster, &mut master, &mut workers, &texts);
    master.assert_log("results of reduce tasks are lost");
}

#[test]
fn a_run_folder_that_cannot_be_written_ends_a_worker_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file");
    std::fs::write(&file, "").unwrap();
    let cluster = slow_books().set("redis.deadline", "2s").start();
    let mut worker = cluster.worker_with(&[("shuffle.store", &store(&file.join("below")))]);
    let _master = cluster.master();
    let code = worker.exit();
    assert_ne!(code, 0);
    worker.assert_log("error: ");
    worker.assert_log("a file");
    assert!(!cluster.output().exists());
}

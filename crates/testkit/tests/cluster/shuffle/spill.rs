//! More distinct words than the memory of a slot can hold.

use std::fs;
use std::path::Path;

use testkit::{Cluster, Config, DEADLINE, Tokenizer, eventually, sample};

use super::phase::assert_no_blobs;
use crate::support::assert_ends_well;

/// Returns a job over 200,000 distinct words, with one mebibyte for each slot.
fn tight(split: &str, reduces: &str) -> Config {
    Config::new(sample::distinct(Tokenizer::Words))
        .set("worker.memory", "1MiB")
        .set("input.split_size", split)
        .set("job.reduces", reduces)
}

fn file_count(folder: &Path) -> usize {
    fs::read_dir(folder)
        .expect("the folder can be listed")
        .count()
}

/// Checks that the result is exact, that the job uses local files, and that it deletes them.
fn check(config: Config) {
    let folder = tempfile::tempdir().unwrap();
    let cluster = config
        .set("worker.temp_folder", &folder.path().to_string_lossy())
        .start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    let mut most = 0;
    eventually(DEADLINE, "the job ends", || {
        most = most.max(file_count(folder.path()));
        master.ended().is_some()
    });
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert!(most > 0, "no task spilled");
    assert_eq!(file_count(folder.path()), 0, "local files are left");
    assert_no_blobs(&cluster);
}

#[test]
fn map_and_reduce_tasks_that_spill_give_the_same_bytes() {
    check(tight("auto", "2"));
}

#[test]
fn compressed_spilled_runs_give_the_same_bytes() {
    check(tight("600KB", "3").set("shuffle.compression", "lz4"));
}

#[test]
fn live_tasks_that_spill_give_the_same_bytes() {
    check(tight("auto", "1").live());
}

/// Runs a job that cannot create local files. Checks the exit code of the master, and `texts` in its log.
fn check_without_local_files(config: Config, code: i32, texts: &[&str]) -> Cluster {
    let cluster = config
        .set("worker.temp_folder", "/nowhere/at/all")
        .set("worker.max_attempts", "2")
        .start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    assert_eq!(master.exit(), code);
    for text in texts {
        master.assert_log(text);
    }
    for worker in &mut workers {
        assert_eq!(worker.exit(), 0);
    }
    match code {
        0 => cluster.assert_exact(),
        _ => cluster.assert_no_output(),
    }
    cluster
}

#[test]
fn a_map_task_that_cannot_spill_fails_and_names_the_setting() {
    let texts = ["error: job ", "worker.temp_folder"];
    check_without_local_files(tight("auto", "8"), 1, &texts);
}

#[test]
fn a_reduce_task_that_cannot_spill_fails_and_names_the_setting() {
    // The memory suffices for map tasks of this size, but not for one reduce task over all of them.
    let texts = ["error: job ", "worker.temp_folder"];
    let cluster = check_without_local_files(tight("16KiB", "1"), 1, &texts);
    let done: u64 = cluster.query(&["HLEN", &cluster.key("done")]);
    assert_eq!(done, cluster.maps(), "a map task failed");
}

#[test]
fn tasks_that_fit_in_memory_need_no_local_files() {
    let large = tight("auto", "2").set("worker.memory", "64MiB");
    check_without_local_files(large, 0, &[]);
}

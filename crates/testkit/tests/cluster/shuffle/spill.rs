//! More different words than the memory of a slot holds.

use std::fs;
use std::path::Path;

use testkit::{Cluster, Config, DEADLINE, Tokenizer, eventually, sample};

use super::assert_no_blobs;
use crate::assert_ends_well;

/// Two hundred thousand words, and a mebibyte for each slot.
fn tight(split: &str, reduces: &str) -> Config {
    Config::new(sample::distinct(Tokenizer::Words))
        .set("worker.memory", "1MiB")
        .set("input.split_size", split)
        .set("job.reduces", reduces)
}

fn names(folder: &Path) -> usize {
    fs::read_dir(folder).expect("our own folder").count()
}

/// The job gives the right bytes, there are local files meanwhile, and none after it.
fn check(config: Config) {
    let folder = tempfile::tempdir().unwrap();
    let cluster = config
        .set("worker.temp_folder", &folder.path().to_string_lossy())
        .start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    let mut most = 0;
    eventually(DEADLINE, "the job ends", || {
        most = most.max(names(folder.path()));
        master.ended().is_some()
    });
    assert_ends_well(&cluster, &mut master, &mut workers);
    assert!(most > 0, "nothing was spilled");
    assert_eq!(names(folder.path()), 0, "local files are left");
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

/// Without a folder for local files the job fails, if and only if it needs some.
fn check_needs_files(config: Config, code: i32, says: &[&str]) -> Cluster {
    let cluster = config
        .set("worker.temp_folder", "/nowhere/at/all")
        .set("worker.max_attempts", "2")
        .start();
    let mut workers = cluster.workers(2);
    let mut master = cluster.master();
    assert_eq!(master.exit(), code);
    for text in says {
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
    let says = ["error: job ", "worker.temp_folder"];
    check_needs_files(tight("auto", "8"), 1, &says);
}

#[test]
fn a_reduce_task_that_cannot_spill_fails_and_names_the_setting() {
    // Map tasks of that size have room enough; one reduce task for all of them has not.
    let says = ["error: job ", "worker.temp_folder"];
    let cluster = check_needs_files(tight("16KiB", "1"), 1, &says);
    let done: u64 = cluster.ask(&["HLEN", &cluster.key("done")]);
    assert_eq!(done, cluster.maps(), "a map task failed");
}

#[test]
fn what_fits_the_memory_needs_no_local_files() {
    let roomy = tight("auto", "2").set("worker.memory", "64MiB");
    check_needs_files(roomy, 0, &[]);
}

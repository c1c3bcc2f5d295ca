//! Input that changes during the job.

use std::fs;
use std::path::Path;

use crate::sandbox::Sandbox;

/// Starts a job that pauses in every task, changes its input, and expects the job to fail and name the file.
fn check(change: impl FnOnce(&Path), why: &str) {
    let sandbox = Sandbox::new();
    let file = sandbox.file("in/a.txt", "a b c\n".repeat(1000));
    sandbox.file("in/b.txt", "a");
    sandbox.file("o.json", "old");
    let slow = [
        "--set",
        "worker.slow=1500ms",
        "--set",
        "worker.max_attempts=2",
    ];
    let args = [&["in", "--output", "o.json"][..], &slow].concat();
    let running = sandbox.command(&args).until("joined");
    change(&file);
    running.ended().refused(1, &["in/a.txt", why]);
    assert_eq!(sandbox.text("o.json"), "old");
    assert_eq!(
        sandbox.names(""),
        ["in", "o.json"],
        "nothing is left behind"
    );
}

#[test]
fn a_file_that_grows_ends_the_job() {
    check(
        |file| fs::write(file, "a b c\n".repeat(2000)).unwrap(),
        "it had 6000 bytes and now has 12000",
    );
}

#[test]
fn a_file_that_shrinks_ends_the_job() {
    check(
        |file| fs::write(file, "a").unwrap(),
        "it had 6000 bytes and now has 1",
    );
}

#[test]
fn a_file_with_other_bytes_ends_the_job() {
    check(
        |file| fs::write(file, "a b d\n".repeat(1000)).unwrap(),
        "it was modified",
    );
}

#[test]
fn a_file_that_vanishes_ends_the_job() {
    check(|file| fs::remove_file(file).unwrap(), "No such file");
}

#[test]
fn a_file_that_becomes_a_folder_ends_the_job() {
    check(
        |file| {
            fs::remove_file(file).unwrap();
            fs::create_dir(file).unwrap();
        },
        "changed during the job",
    );
}

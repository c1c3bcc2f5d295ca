//! Outputs that cannot be written: the job fails before it starts work.

use std::fs;
use std::process::Command;

use crate::place::Place;

#[test]
fn the_folder_of_the_output_is_created() {
    let place = Place::new();
    place.file("a.txt", "a");
    place.done(&["a.txt", "--output", "x/y z/é.json"]);
    assert_eq!(place.text("x/y z/é.json"), "{\n  \"a\": 1\n}\n");
    assert_eq!(place.names("x/y z"), ["é.json"]);
}

/// Runs a job and expects exit code 73 before planning, with a message that contains `parts`.
fn check(place: &Place, output: &str, parts: &[&str]) {
    let ended = place.run(&["in", "--output", output]);
    assert!(!ended.err.contains("planned"), "{}", ended.err);
    ended.refused(73, &[&[output, "job.output"], parts].concat());
}

#[test]
fn an_output_that_cannot_be_created_is_rejected_before_the_work() {
    let place = Place::new();
    place.file("in/a.txt", "a");
    place.file("file", "");
    fs::create_dir(place.path("folder")).unwrap();
    for below in ["file/o.json", "file/below/o.json"] {
        check(
            &place,
            below,
            &["cannot create its folder", "ot a directory"],
        );
    }
    check(&place, "/proc/o.json", &["cannot be written"]);
    for no_file in ["folder", "folder/", "new/", "..", "folder/.."] {
        check(&place, no_file, &["not the name of a regular file"]);
    }
    let long = "x".repeat(300);
    check(&place, &long, &["cannot be written"]);
    assert_eq!(
        place.names(""),
        ["file", "folder", "in"],
        "nothing is left behind"
    );
}

#[test]
fn a_device_or_pipe_is_not_replaced_by_the_output() {
    let place = Place::new();
    place.file("in/a.txt", "a");
    let made = Command::new("mkfifo").arg(place.path("pipe")).status();
    assert!(made.unwrap().success());
    check(&place, "pipe", &["not the name of a regular file"]);
    assert!(!fs::metadata(place.path("pipe")).unwrap().is_file());
}

#[test]
fn an_output_that_is_also_input_is_rejected() {
    let place = Place::new();
    place.file("in/a.txt", "a b");
    for output in ["in/a.txt", "in/o.json", "in/../in/o.json"] {
        let parts = ["job.output", output, "read as input", "another folder"];
        place.refused(&["in", "--output", output], 64, &parts);
    }
    place.refused(&["in/a.txt", "--output", "in/a.txt"], 64, &["in/a.txt"]);
    assert_eq!(place.text("in/a.txt"), "a b");
    assert_eq!(place.names("in"), ["a.txt"]);
    // The folder's other files are not input here, and a sub-folder is not read.
    place.done(&["in/a.txt", "--output", "in/o.json"]);
    place.done(&["in", "--output", "in/below/o.json"]);
    assert_eq!(place.names("in/below"), ["o.json"]);
}

#[test]
fn two_runs_with_one_output_do_not_meet() {
    let place = Place::new();
    place.file("a.txt", "a");
    place.file("b.txt", "b");
    let first = ["a.txt", "--output", "o.json", "--set", "worker.slow=2s"];
    let first = place.command(&first).until("joined");
    let parts = ["o.json", "writing this output", "another job.output"];
    place.refused(&["b.txt", "--output", "o.json"], 73, &parts);
    assert_eq!(first.ended().code, Some(0));
    assert_eq!(place.text("o.json"), "{\n  \"a\": 1\n}\n");
    place.done(&["b.txt", "--output", "o.json"]);
    assert_eq!(place.text("o.json"), "{\n  \"b\": 1\n}\n");
    assert_eq!(place.names(""), ["a.txt", "b.txt", "o.json"]);
}

#[test]
fn a_killed_run_leaves_the_old_output_and_nothing_that_hinders_the_next() {
    let place = Place::new();
    place.file("a.txt", "a");
    place.file("o.json", "old");
    for point in [
        "after-claim",
        "before-commit",
        "after-commit",
        "before-rename",
    ] {
        let crash = format!("crash.at={point}");
        let ended = place.run(&["a.txt", "--output", "o.json", "--set", &crash]);
        assert_eq!(ended.code, Some(137), "{point}: {}", ended.err);
        assert_eq!(place.text("o.json"), "old", "{point}");
    }
    place.done(&["a.txt", "--output", "o.json"]);
    assert_eq!(place.text("o.json"), "{\n  \"a\": 1\n}\n");
    assert_eq!(place.names(""), ["a.txt", "o.json"]);
}

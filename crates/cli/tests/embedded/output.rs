//! Outputs that cannot be written: the job fails before it starts work.

use std::fs;

use crate::sandbox::Sandbox;

#[test]
fn the_folder_of_the_output_is_created() {
    let sandbox = Sandbox::new();
    sandbox.file("a.txt", "a");
    sandbox.done(&["a.txt", "--output", "x/y z/é.json"]);
    assert_eq!(sandbox.text("x/y z/é.json"), "{\n  \"a\": 1\n}\n");
    assert_eq!(sandbox.names("x/y z"), ["é.json"]);
}

/// Runs a job and expects exit code 73 before planning, with a message that contains `parts`.
fn check(sandbox: &Sandbox, output: &str, parts: &[&str]) {
    let ended = sandbox.run(&["in", "--output", output]);
    assert!(!ended.err.contains("planned"), "{}", ended.err);
    ended.refused(73, &[&[output, "job.output"], parts].concat());
}

#[test]
fn an_output_that_cannot_be_created_is_rejected_before_the_work() {
    let sandbox = Sandbox::new();
    sandbox.file("in/a.txt", "a");
    sandbox.file("file", "");
    fs::create_dir(sandbox.path("folder")).unwrap();
    for below in ["file/o.json", "file/below/o.json"] {
        check(
            &sandbox,
            below,
            &["cannot create its folder", "ot a directory"],
        );
    }
    check(&sandbox, "/proc/o.json", &["cannot be written"]);
    for no_file in ["folder", "folder/", "new/", "..", "folder/.."] {
        check(&sandbox, no_file, &["not the path of a regular file"]);
    }
    let long = "x".repeat(300);
    check(&sandbox, &long, &["cannot be written"]);
    assert_eq!(
        sandbox.names(""),
        ["file", "folder", "in"],
        "nothing is left behind"
    );
}

#[test]
fn an_output_that_is_also_input_is_rejected() {
    let sandbox = Sandbox::new();
    sandbox.file("in/a.txt", "a b");
    for output in ["in/a.txt", "in/o.json", "in/../in/o.json"] {
        let parts = ["job.output", output, "read as input", "another folder"];
        sandbox.refused(&["in", "--output", output], 64, &parts);
    }
    sandbox.refused(&["in/a.txt", "--output", "in/a.txt"], 64, &["in/a.txt"]);
    assert_eq!(sandbox.text("in/a.txt"), "a b");
    assert_eq!(sandbox.names("in"), ["a.txt"]);
    // The folder's other files are not input here, and a sub-folder is not read.
    sandbox.done(&["in/a.txt", "--output", "in/o.json"]);
    sandbox.done(&["in", "--output", "in/below/o.json"]);
    assert_eq!(sandbox.names("in/below"), ["o.json"]);
}

#[test]
fn two_runs_with_the_same_output_do_not_interfere() {
    let sandbox = Sandbox::new();
    sandbox.file("a.txt", "a");
    sandbox.file("b.txt", "b");
    let first = ["a.txt", "--output", "o.json", "--set", "worker.slow=2s"];
    let first = sandbox.command(&first).until("joined");
    let parts = ["o.json", "writing this output", "another job.output"];
    sandbox.refused(&["b.txt", "--output", "o.json"], 73, &parts);
    assert_eq!(first.ended().code, Some(0));
    assert_eq!(sandbox.text("o.json"), "{\n  \"a\": 1\n}\n");
    sandbox.done(&["b.txt", "--output", "o.json"]);
    assert_eq!(sandbox.text("o.json"), "{\n  \"b\": 1\n}\n");
    assert_eq!(sandbox.names(""), ["a.txt", "b.txt", "o.json"]);
}

#[test]
fn a_killed_run_leaves_the_old_output_and_nothing_that_hinders_the_next() {
    let sandbox = Sandbox::new();
    sandbox.file("a.txt", "a");
    sandbox.file("o.json", "old");
    for point in [
        "after-claim",
        "before-commit",
        "after-commit",
        "before-rename",
    ] {
        let crash = format!("crash.at={point}");
        let ended = sandbox.run(&["a.txt", "--output", "o.json", "--set", &crash]);
        assert_eq!(ended.code, Some(137), "{point}: {}", ended.err);
        assert_eq!(sandbox.text("o.json"), "old", "{point}");
    }
    sandbox.done(&["a.txt", "--output", "o.json"]);
    assert_eq!(sandbox.text("o.json"), "{\n  \"a\": 1\n}\n");
    assert_eq!(sandbox.names(""), ["a.txt", "o.json"]);
}

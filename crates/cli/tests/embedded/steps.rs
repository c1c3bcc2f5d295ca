//! Jobs of several steps: which steps are rerun, and errors that are found before the first step.

use std::fs;

use crate::sandbox::Sandbox;

/// A folder with a job of two steps: word count with the settings `first`, then a step with the settings `then`.
fn sandbox(first: &str, then: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("input/a.txt", "b a b\nc b a\n");
    let steps = format!(
        "[[step]]\nname = \"count\"\njob.name = \"word-count\"\n{first}\n\n[[step]]\nname = \"next\"\n{then}\n"
    );
    sandbox.file("steps.toml", steps);
    sandbox
}

const RUN: [&str; 4] = ["--job-file", "steps.toml", "--output", "out/o.txt"];
/// A step with an error in its settings.
const FAILS: &str = "job.params.mapper = \"exit 3\"\njob.name = \"streaming\"\nworker = 1";
const SORT: &str = "job.name = \"sort\"";

/// Runs the steps and expects the second to fail because its input is missing. Returns the output.
fn fail(sandbox: &Sandbox) -> String {
    let ended = sandbox.run(&RUN);
    assert_eq!(ended.code, Some(66), "{}", ended.err);
    ended.out
}

const MISSING: &str = "job.name = \"sort\"\njob.input = [\"mid/one\", \"missing\"]";

#[test]
fn a_step_reads_the_output_of_the_step_before_it() {
    let sandbox = sandbox("", SORT);
    sandbox.done(&RUN);
    assert_eq!(sandbox.text("out/o.txt"), "a\t2\nb\t3\nc\t1\n");
    assert_eq!(sandbox.names("out"), ["o.steps", "o.txt"]);
    assert_eq!(sandbox.names("out/o.steps"), ["1-count.tsv"]);
}

#[test]
fn a_step_is_rerun_if_the_format_of_its_output_changes() {
    let first = |format: &str| format!("job.output = \"mid/one\"\noutput.format = \"{format}\"");
    let sandbox = sandbox(&first("tsv"), MISSING);
    assert!(!fail(&sandbox).contains("already done"));
    assert!(fail(&sandbox).contains("already done"));
    let steps = sandbox.text("steps.toml").replace("\"tsv\"", "\"json\"");
    sandbox.file("steps.toml", steps);
    assert!(!fail(&sandbox).contains("already done"));
    assert!(sandbox.text("mid/one").starts_with('{'));
}

#[test]
fn a_step_is_rerun_if_one_of_its_part_files_changed() {
    let first = "job.output = \"mid/one\"\noutput.format = \"tsv\"\noutput.parts = true";
    let sandbox = sandbox(first, MISSING);
    fail(&sandbox);
    assert!(fail(&sandbox).contains("already done"));
    let part = sandbox.text("mid/one/part-00000.tsv");
    sandbox.file("mid/one/part-00000.tsv", "other\t99\n");
    assert!(!fail(&sandbox).contains("already done"));
    assert_eq!(sandbox.text("mid/one/part-00000.tsv"), part);
}

#[test]
fn an_error_in_a_later_step_is_found_before_the_first_step_runs() {
    for (then, part) in [
        (
            "job.name = \"sort\"\njob.params.k = 3",
            "unknown parameter k",
        ),
        ("job.name = \"no-such\"", "no-such"),
        ("job.name = \"sort\"\njob.files = \"gone.py\"", "gone.py"),
        ("job.name = \"sort\"\nworker.slots = 1", "worker.slots"),
        ("job.name = \"sort\"\njob.file = \"other.toml\"", "job.file"),
        (FAILS, "worker"),
    ] {
        let sandbox = sandbox("", then);
        sandbox.refused(&RUN, 64, &[part]);
        assert_eq!(
            sandbox.names(""),
            ["input", "steps.toml"],
            "nothing was done"
        );
    }
}

#[test]
fn a_file_without_steps_is_refused() {
    let sandbox = Sandbox::new();
    for text in ["", "step = []", "step = 1", "job.name = \"sort\""] {
        sandbox.file("steps.toml", text);
        sandbox.refused(&RUN, 64, &["steps.toml"]);
    }
}

#[test]
fn each_step_has_its_own_job_id() {
    let sandbox = sandbox("", SORT);
    let run = [&RUN[..], &["--set", "job.id=demo"]].concat();
    sandbox.done(&run);
    assert_eq!(sandbox.text("out/o.txt"), "a\t2\nb\t3\nc\t1\n");
}

#[test]
fn input_named_like_a_list_of_bad_records_is_not_removed() {
    let sandbox = Sandbox::new();
    let input = sandbox.file("x.bad-records.ndjson", "{\"a\":1}\n");
    sandbox.done(&["x.bad-records.ndjson", "--output", "x.json"]);
    assert!(input.is_file());
    let skip = [
        "x.bad-records.ndjson",
        "--output",
        "x.json",
        "--skip-bad-records",
        "3",
    ];
    sandbox.refused(&skip, 64, &["x.bad-records.ndjson", "read as input"]);
    assert_eq!(fs::read_to_string(&input).unwrap(), "{\"a\":1}\n");
}

#[test]
fn input_without_records_has_no_distinct_values() {
    let sandbox = Sandbox::new();
    sandbox.file("empty.txt", "");
    sandbox.done(&["empty.txt", "--job", "distinct", "--output", "o.json"]);
    assert_eq!(sandbox.text("o.json"), "[\n  {\"distinct\": 0}\n]\n");
}

#[test]
fn output_top_is_rejected_for_jobs_without_counts() {
    let sandbox = Sandbox::new();
    sandbox.file("a.txt", "b\na\n");
    let args = ["a.txt", "--job", "sort", "--set", "output.top=1"];
    sandbox.refused(&args, 64, &["output.top=1", "sort"]);
}

//! Jobs of several steps: what is done again, and what is refused before anything is done.

use std::fs;

use crate::place::Place;

/// Words, and those that come most often, of two steps; the first as `first` says, the second `then`.
fn place(first: &str, then: &str) -> Place {
    let place = Place::new();
    place.file("input/a.txt", "b a b\nc b a\n");
    let steps = format!(
        "[[step]]\nname = \"count\"\njob.name = \"word-count\"\n{first}\n\n[[step]]\nname = \"next\"\n{then}\n"
    );
    place.file("steps.toml", steps);
    place
}

const RUN: [&str; 4] = ["--job-file", "steps.toml", "--output", "out/o.txt"];
/// A step that fails, for the first one is forgotten when all is done.
const FAILS: &str = "job.params.mapper = \"exit 3\"\njob.name = \"streaming\"\nworker = 1";
const SORT: &str = "job.name = \"sort\"";

/// Runs the steps, of which the second fails: its input cannot be found.
fn fail(place: &Place) -> String {
    let ended = place.run(&RUN);
    assert_eq!(ended.code, Some(66), "{}", ended.err);
    ended.out
}

const MISSING: &str = "job.name = \"sort\"\njob.input = [\"mid/one\", \"missing\"]";

#[test]
fn what_a_step_writes_is_what_the_next_one_reads() {
    let place = place("", SORT);
    place.done(&RUN);
    assert_eq!(place.text("out/o.txt"), "a\t2\nb\t3\nc\t1\n");
    assert_eq!(place.names("out"), ["o.steps", "o.txt"]);
    assert_eq!(place.names("out/o.steps"), ["1-count.tsv"]);
}

#[test]
fn a_step_is_done_again_if_the_layout_of_its_output_is_another() {
    let first = |format: &str| format!("job.output = \"mid/one\"\noutput.format = \"{format}\"");
    let place = place(&first("tsv"), MISSING);
    assert!(!fail(&place).contains("done before"));
    assert!(fail(&place).contains("done before"));
    let steps = place.text("steps.toml").replace("\"tsv\"", "\"json\"");
    place.file("steps.toml", steps);
    assert!(!fail(&place).contains("done before"));
    assert!(place.text("mid/one").starts_with('{'));
}

#[test]
fn a_step_is_done_again_if_one_of_its_part_files_has_changed() {
    let first = "job.output = \"mid/one\"\noutput.format = \"tsv\"\noutput.parts = true";
    let place = place(first, MISSING);
    fail(&place);
    assert!(fail(&place).contains("done before"));
    let part = place.text("mid/one/part-00000.tsv");
    place.file("mid/one/part-00000.tsv", "other\t99\n");
    assert!(!fail(&place).contains("done before"));
    assert_eq!(place.text("mid/one/part-00000.tsv"), part);
}

#[test]
fn what_is_wrong_with_a_later_step_is_found_before_the_first() {
    for (then, told) in [
        ("job.name = \"sort\"\njob.params.k = 3", "no parameter k"),
        ("job.name = \"no-such\"", "no-such"),
        ("job.name = \"sort\"\njob.files = \"gone.py\"", "gone.py"),
        ("job.name = \"sort\"\nworker.slots = 1", "worker.slots"),
        ("job.name = \"sort\"\njob.file = \"other.toml\"", "job.file"),
        (FAILS, "worker"),
    ] {
        let place = place("", then);
        place.refused(&RUN, 64, &[told]);
        assert_eq!(place.names(""), ["input", "steps.toml"], "nothing was done");
    }
}

#[test]
fn a_file_without_steps_is_refused() {
    let place = Place::new();
    for text in ["", "step = []", "step = 1", "job.name = \"sort\""] {
        place.file("steps.toml", text);
        place.refused(&RUN, 64, &["steps.toml"]);
    }
}

#[test]
fn each_step_has_an_id_of_its_own() {
    let place = place("", SORT);
    let run = [&RUN[..], &["--set", "job.id=demo"]].concat();
    place.done(&run);
    assert_eq!(place.text("out/o.txt"), "a\t2\nb\t3\nc\t1\n");
}

#[test]
fn no_input_is_taken_for_the_bad_records_of_an_earlier_run() {
    let place = Place::new();
    let input = place.file("x.bad-records.ndjson", "{\"a\":1}\n");
    place.done(&["x.bad-records.ndjson", "--output", "x.json"]);
    assert!(input.is_file());
    let skip = [
        "x.bad-records.ndjson",
        "--output",
        "x.json",
        "--skip-bad-records",
        "3",
    ];
    place.refused(&skip, 64, &["x.bad-records.ndjson", "read as input"]);
    assert_eq!(fs::read_to_string(&input).unwrap(), "{\"a\":1}\n");
}

#[test]
fn input_without_a_record_has_no_different_values() {
    let place = Place::new();
    place.file("empty.txt", "");
    place.done(&["empty.txt", "--job", "distinct", "--output", "o.json"]);
    assert_eq!(place.text("o.json"), "{\n  \"distinct\": 0\n}\n");
}

#[test]
fn a_top_is_for_counts() {
    let place = Place::new();
    place.file("a.txt", "b\na\n");
    let args = ["a.txt", "--job", "sort", "--set", "output.top=1"];
    place.refused(&args, 64, &["output.top=1", "sort"]);
}

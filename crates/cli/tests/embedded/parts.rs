//! `output.parts`: the result as a folder, one file for each reduce task.

use std::collections::BTreeMap;
use std::fs;

use crate::sandbox::{Ended, Sandbox};

const PARTS: [&str; 4] = ["--set", "output.parts=true", "--set", "job.reduces=3"];

/// Returns a test folder with about 5,000 distinct words in `in/`.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let words = (0..20_000u32).map(|n| format!("w{} ", n.wrapping_mul(n) % 7919));
    sandbox.file("in/a.txt", words.collect::<String>());
    sandbox.file("in/b.txt", "the end, \"quoted\" and the rest\n");
    sandbox
}

fn done(sandbox: &Sandbox, output: &str, more: &[&str]) -> Ended {
    let args = [&["in", "--output", output][..], &PARTS, more].concat();
    sandbox.done(&args)
}

/// Returns the rows of a TSV file in their order.
fn rows(text: &str) -> BTreeMap<String, u64> {
    let (header, rows) = text.split_once('\n').expect("a header");
    assert_eq!(header, "word\tcount");
    let rows: Vec<(&str, u64)> = rows
        .lines()
        .map(|line| {
            let (key, count) = line.split_once('\t').expect("a tab");
            (key, count.parse().expect("a number"))
        })
        .collect();
    let order = |(key, count): &(&str, u64)| (u64::MAX - count, key.as_bytes().to_vec());
    assert!(
        rows.is_sorted_by_key(order),
        "the most frequent comes first"
    );
    let all = rows.into_iter();
    all.map(|(key, count)| (key.to_owned(), count)).collect()
}

#[test]
fn the_parts_together_are_the_rows_of_the_single_file() {
    let sandbox = sandbox();
    sandbox.done(&["in", "--output", "all.tsv", "--tokenizer", "spaces"]);
    let spaces = ["--tokenizer", "spaces", "--set", "output.format=tsv"];
    let ended = done(&sandbox, "out/counts", &spaces);
    assert!(ended.out.contains(": out/counts\n"), "{}", ended.out);
    let names = [
        "_SUCCESS",
        "part-00000.tsv",
        "part-00001.tsv",
        "part-00002.tsv",
    ];
    assert_eq!(sandbox.names("out/counts"), names);
    assert_eq!(sandbox.names("out"), ["counts"], "nothing else is left");
    let mut together = BTreeMap::new();
    for name in &names[1..] {
        let part = rows(&sandbox.text(&format!("out/counts/{name}")));
        assert!(part.len() > 100, "{name} has {} rows", part.len());
        let before = together.len();
        let all = before + part.len();
        together.extend(part);
        assert_eq!(together.len(), all, "no key is in two parts");
    }
    assert_eq!(together, rows(&sandbox.text("all.tsv")));
    let mark = sandbox.text("out/counts/_SUCCESS");
    let keys = format!("\"keys\":{}", together.len());
    assert!(
        mark.contains(&keys) && mark.contains("\"parts\":3"),
        "{mark}"
    );
}

#[test]
fn part_files_work_with_every_format_and_little_memory() {
    let sandbox = sandbox();
    for format in ["json", "ndjson", "csv", "tsv"] {
        let layout = format!("output.format={format}");
        done(&sandbox, "a", &["--set", &layout]);
        let small = [
            "--set",
            &layout,
            "--set",
            "worker.memory=1MiB",
            "--slots",
            "1",
        ];
        done(&sandbox, "b", &small);
        assert_eq!(sandbox.names("a")[1], format!("part-00000.{format}"));
        for name in sandbox.names("a").iter().skip(1) {
            let text = |folder| sandbox.text(&format!("{folder}/{name}"));
            assert_eq!(text("a"), text("b"), "{name}");
        }
    }
    // Without `output.format`, the extension of the folder selects the format.
    done(&sandbox, "c.csv/", &[]);
    assert!(
        sandbox
            .text("c.csv/part-00000.csv")
            .starts_with("word,count\n")
    );
}

#[test]
fn an_earlier_result_is_replaced_and_so_is_an_empty_folder() {
    let sandbox = sandbox();
    fs::create_dir(sandbox.path("counts")).unwrap();
    done(&sandbox, "counts", &["--set", "job.reduces=5"]);
    assert_eq!(sandbox.names("counts").len(), 6);
    done(&sandbox, "counts", &["--set", "output.format=csv"]);
    let names = [
        "_SUCCESS",
        "part-00000.csv",
        "part-00001.csv",
        "part-00002.csv",
    ];
    assert_eq!(sandbox.names("counts"), names);
    // An empty result also replaces the earlier one.
    sandbox.file("none/a.txt", "");
    let args = [&["none", "--output", "counts"][..], &PARTS].concat();
    sandbox.done(&args);
    assert_eq!(sandbox.names("counts"), ["_SUCCESS"]);
    assert_eq!(sandbox.names(""), ["counts", "in", "none"]);
}

#[test]
fn a_folder_with_foreign_files_and_a_file_are_refused_before_the_work() {
    let sandbox = sandbox();
    sandbox.file("mine/notes.txt", "mine");
    sandbox.file("half/part-00000.json", "{}");
    sandbox.file("file", "mine");
    for (output, said) in [
        ("mine", "notes.txt"),
        ("half", "_SUCCESS"),
        ("file", "not the path of a folder"),
    ] {
        let ended = sandbox.run(&[&["in", "--output", output][..], &PARTS].concat());
        assert!(!ended.err.contains("planned"), "{}", ended.err);
        ended.refused(73, &[output, "job.output", said]);
    }
    assert_eq!(sandbox.text("mine/notes.txt"), "mine");
    assert_eq!(sandbox.names(""), ["file", "half", "in", "mine"]);
    // A folder cannot be the output of a job that writes a single file.
    done(&sandbox, "counts", &[]);
    sandbox.refused(
        &["in", "--output", "counts"],
        73,
        &["not the path of a regular"],
    );
}

#[test]
fn input_in_the_output_is_not_lost() {
    let sandbox = sandbox();
    done(&sandbox, "counts", &[]);
    let part = "counts/part-00000.json";
    let before = sandbox.text(part);
    let args = [&[part, "--output", "counts"][..], &PARTS].concat();
    sandbox.refused(&args, 64, &["job.output", "counts", part, "replaced"]);
    assert_eq!(sandbox.text(part), before);
}

#[test]
fn settings_that_exclude_part_files_are_named() {
    let sandbox = sandbox();
    for (other, advice) in [
        ("job.aggregate=live", "job.aggregate=shuffle"),
        ("output.top=10", "set output.parts=false"),
    ] {
        let args = [&["in", "--output", "counts", "--set", other][..], &PARTS].concat();
        sandbox.refused(&args, 64, &["output.parts=true", other, advice]);
    }
    assert_eq!(sandbox.names(""), ["in"]);
}

#[test]
fn a_run_killed_at_any_step_leaves_the_older_result_or_the_new_one() {
    let sandbox = sandbox();
    done(&sandbox, "counts", &[]);
    let (old, in_place) = (sandbox.text("counts/part-00000.json"), 4);
    sandbox.file("in/c.txt", "more words\n".repeat(1000));
    done(&sandbox, "other", &[]);
    let new = sandbox.text("other/part-00000.json");
    assert_ne!(old, new);
    for step in 0..5 {
        let skip = format!("crash.skip={step}");
        let crash = ["--set", "crash.at=before-rename", "--set", &skip];
        let args = [&["in", "--output", "counts"][..], &PARTS, &crash].concat();
        assert_eq!(sandbox.run(&args).code, Some(137), "step {step}");
        // The next master finishes or undoes the replacement, even if its own job fails.
        let nothing = [&["nowhere", "--output", "counts"][..], &PARTS].concat();
        sandbox.refused(&nothing, 66, &["nowhere"]);
        let whole = if step < in_place { &old } else { &new };
        assert_eq!(
            sandbox.text("counts/part-00000.json"),
            *whole,
            "step {step}"
        );
        assert_eq!(sandbox.names("counts").len(), 4);
    }
    done(&sandbox, "counts", &[]);
    assert_eq!(sandbox.text("counts/part-00000.json"), new);
    assert_eq!(sandbox.names(""), ["counts", "in", "other"]);
}

#[test]
fn a_run_that_is_interrupted_or_fails_leaves_nothing() {
    let sandbox = sandbox();
    let slow = ["--set", "worker.slow=1h"];
    let args = [&["in", "--output", "counts"][..], &PARTS, &slow].concat();
    let running = sandbox.command(&args).until("joined");
    running.signal("-INT");
    running.ended().refused(130, &["interrupted"]);
    assert_eq!(sandbox.names(""), ["in"]);
    sandbox.file("bad/a.csv", "text,other\nshort\n");
    let csv = ["bad", "--column", "other", "--strict", "--output", "counts"];
    sandbox.refused(&[&csv[..], &PARTS].concat(), 1, &["a.csv"]);
    assert_eq!(sandbox.names(""), ["bad", "in"]);
}

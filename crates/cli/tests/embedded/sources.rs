//! Inputs that are found or read in special ways: sub-folders, patterns, standard input and FIFOs.

use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};
use std::thread;

use crate::sandbox::{Ended, Sandbox};

/// Counts the lines of `args` and returns the total.
fn lines(sandbox: &Sandbox, args: &[&str]) -> (String, Ended) {
    let count = ["--job", "line-count", "--param", "total=true"];
    let ended = sandbox.done(&[args, &count, &["--output", "o.tsv"]].concat());
    (sandbox.text("o.tsv").trim_end().to_owned(), ended)
}

fn folders() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("d/a.txt", "1\n");
    sandbox.file("d/y=1/b.txt", "1\n");
    sandbox.file("d/y=1/m=1/c.txt", "1\n");
    sandbox.file("d/y=2/d.csv", "1\n");
    sandbox.file("d/_tmp/e.txt", "1\n");
    symlink("..", sandbox.path("d/y=1/up")).unwrap();
    sandbox
}

#[test]
fn sub_folders_are_skipped_with_a_warning_or_read_on_request() {
    let sandbox = folders();
    let (total, ended) = lines(&sandbox, &["d"]);
    assert_eq!(total, "file\tlines\ntotal\t1");
    let parts = ["skipped sub-folders", "folders=2", "d/y=1", "--recursive"];
    assert!(
        parts.iter().all(|part| ended.err.contains(part)),
        "{}",
        ended.err
    );
    for recursive in [&["--recursive"][..], &["--set", "input.recursive=true"]] {
        let (total, ended) = lines(&sandbox, &[&["d"], recursive].concat());
        assert_eq!(total, "file\tlines\ntotal\t4");
        assert!(
            ended.err.contains("skipped links to sub-folders"),
            "{}",
            ended.err
        );
    }
    let (_, ended) = lines(&sandbox, &["d/y=2"]);
    assert!(!ended.err.contains("skipped"), "{}", ended.err);
}

#[test]
fn names_of_skipped_folders_are_escaped() {
    let sandbox = Sandbox::new();
    sandbox.file("d/a.txt", "1\n");
    sandbox.file("d/b\u{1b}[2J\nc/a.txt", "1\n");
    let (_, ended) = lines(&sandbox, &["d"]);
    assert!(ended.err.contains(r"d/b\u{1b}[2J\nc"), "{}", ended.err);
}

#[test]
fn patterns_are_expanded_by_the_program() {
    let sandbox = folders();
    for (pattern, expected) in [
        ("d/*.txt", 1),
        ("d/**/*.txt", 3),
        ("d/y=*/*.{txt,csv}", 2),
        ("**/c.txt", 1),
        ("d/?.txt", 1),
    ] {
        let (total, _) = lines(&sandbox, &[pattern]);
        assert_eq!(
            total,
            format!("file\tlines\ntotal\t{expected}"),
            "{pattern}"
        );
    }
    // A file whose name looks like a pattern is read as such.
    sandbox.file("e/[a].txt", "1\n1\n");
    assert_eq!(lines(&sandbox, &["e/[a].txt"]).0, "file\tlines\ntotal\t2");
}

#[test]
fn a_pattern_that_matches_nothing_or_is_invalid_is_named() {
    let sandbox = folders();
    for (pattern, parts) in [
        ("d/*.parquet", ["d/*.parquet", "no file matches"]),
        ("none/**/*.txt", ["none/**/*.txt", "none"]),
        ("d/[a", ["d/[a", "invalid pattern"]),
    ] {
        sandbox.refused(&[pattern, "--output", "o.json"], 66, &parts);
    }
    let parts = ["**/*.txt", "read as input"];
    sandbox.refused(&["**/*.txt", "--output", "d/o.txt"], 64, &parts);
    let output = ["d", "--recursive", "--output", "d/y=1/o.json"];
    sandbox.refused(&output, 64, &["read as input"]);
}

/// Returns a pipe from which `bytes` are read.
fn piped(bytes: &'static [u8]) -> Stdio {
    let (from, mut to) = io::pipe().unwrap();
    thread::spawn(move || to.write_all(bytes));
    from.into()
}

const RED: &str = "{\n  \"red\": 2,\n  \"blue\": 1\n}\n";

#[test]
fn standard_input_is_read_from_a_pipe_and_its_copy_is_removed() {
    for name in ["-", "/dev/stdin", "/dev/fd/0"] {
        let sandbox = Sandbox::new();
        let args = [
            name,
            "--output",
            "o.json",
            "--set",
            "worker.temp_folder=tmp",
        ];
        let process = sandbox.command(&args).stdin(piped(b"red blue red\n"));
        assert_eq!(process.ended().code, Some(0));
        assert_eq!(sandbox.text("o.json"), RED);
        assert_eq!(sandbox.names("tmp"), [] as [&str; 0]);
    }
}

#[test]
fn compressed_standard_input_and_a_format_are_recognised() {
    let sandbox = Sandbox::new();
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(b"id,text\n1,red blue\n2,red\n").unwrap();
    let bytes = encoder.finish().unwrap().leak();
    let args = [
        "-", "--format", "csv", "--column", "text", "--output", "o.json",
    ];
    assert_eq!(
        sandbox.command(&args).stdin(piped(bytes)).ended().code,
        Some(0)
    );
    assert_eq!(sandbox.text("o.json"), RED);
}

#[test]
fn a_file_as_standard_input_is_read_from_its_current_position() {
    let sandbox = Sandbox::new();
    let path = sandbox.file("a.txt", "skip\nred blue red\n");
    for (from, skipped) in [(5, 0), (0, 1)] {
        let mut file = File::open(&path).unwrap();
        file.seek(SeekFrom::Start(from)).unwrap();
        let process = sandbox.command(&["-", "--output", "o.tsv"]).stdin(file);
        assert_eq!(process.ended().code, Some(0));
        let text = sandbox.text("o.tsv");
        assert!(text.starts_with("word\tcount\nred\t2\nblue\t1\n"), "{text}");
        assert_eq!(text.matches("skip\t1").count(), skipped);
    }
}

#[test]
fn fifos_are_copied_at_the_same_time_and_keep_their_names() {
    let sandbox = Sandbox::new();
    for name in ["a.csv", "b.csv"] {
        let made = Command::new("mkfifo").arg(sandbox.path(name)).status();
        assert!(made.unwrap().success());
    }
    let (first, second) = (sandbox.path("a.csv"), sandbox.path("b.csv"));
    // A program that writes to both by turns must not wait for ever.
    let writer = thread::spawn(move || {
        let mut files = [second, first].map(|path| File::create(path).unwrap());
        for file in &mut files {
            file.write_all(b"text\nred\n").unwrap();
        }
    });
    sandbox.done(&["a.csv", "b.csv", "--column", "text", "--output", "o.json"]);
    writer.join().unwrap();
    assert_eq!(sandbox.text("o.json"), "{\n  \"red\": 2\n}\n");
}

#[test]
fn an_interrupt_ends_a_run_that_waits_for_standard_input() {
    let sandbox = Sandbox::new();
    let (from, to) = io::pipe().unwrap();
    let args = ["-", "--output", "o.json", "--set", "worker.temp_folder=tmp"];
    let running = sandbox.command(&args).stdin(from).started();
    Sandbox::wait_for(std::time::Duration::from_secs(60), || {
        fs::read_dir(sandbox.path("tmp")).is_ok_and(|entries| entries.count() > 0)
    });
    running.signal("-INT");
    running.ended().refused(130, &["interrupted"]);
    drop(to);
    assert_eq!(sandbox.names("tmp"), [] as [&str; 0]);
}

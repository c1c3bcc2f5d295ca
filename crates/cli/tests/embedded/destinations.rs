//! Outputs that are no plain files: links, streams and compressed files.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::Path;
use std::process::Command;
use std::thread;

use crate::sandbox::Sandbox;

const TEXT: &str = "red blue red\n";
const TSV: &str = "word\tcount\nred\t2\nblue\t1\n";

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.file("a.txt", TEXT);
    sandbox
}

#[test]
fn the_target_of_a_link_is_replaced_and_the_link_stays() {
    let sandbox = sandbox();
    sandbox.file("big/old.tsv", "old");
    for (link, target) in [
        ("link.tsv", "big/old.tsv"),
        ("dangling.tsv", "big/new.tsv"),
        ("second.tsv", "link.tsv"),
    ] {
        symlink(target, sandbox.path(link)).unwrap();
        sandbox.done(&["a.txt", "--output", link]);
        let found = fs::read_link(sandbox.path(link)).unwrap();
        assert_eq!(found, Path::new(target));
        assert_eq!(sandbox.text(link), TSV);
    }
    assert_eq!(sandbox.names("big"), ["new.tsv", "old.tsv"]);
    symlink("loop.tsv", sandbox.path("loop.tsv")).unwrap();
    let parts = ["loop.tsv", "symbolic links"];
    sandbox.refused(&["a.txt", "--output", "loop.tsv"], 73, &parts);
}

#[test]
fn a_link_to_the_input_is_refused() {
    let sandbox = sandbox();
    symlink("a.txt", sandbox.path("link")).unwrap();
    sandbox.refused(&["a.txt", "--output", "link"], 64, &["read as input"]);
    sandbox.file("in/a.txt", TEXT);
    symlink("in/new.json", sandbox.path("new")).unwrap();
    sandbox.refused(&["in", "--output", "new"], 64, &["read as input"]);
}

#[test]
fn standard_output_receives_the_result_and_nothing_else() {
    let sandbox = sandbox();
    symlink("/proc/self/fd/1", sandbox.path("std")).unwrap();
    for output in ["-", "/dev/stdout", "std"] {
        let args = ["a.txt", "--output", output, "--set", "output.format=tsv"];
        let ended = sandbox.done(&args);
        assert_eq!(ended.out, TSV, "{output}");
        assert!(ended.err.contains("counted 3 words"), "{}", ended.err);
    }
    let ended = sandbox.done(&["a.txt", "--output", "-"]);
    assert_eq!(ended.out, "{\n  \"red\": 2,\n  \"blue\": 1\n}\n");
    assert_eq!(sandbox.names(""), ["a.txt", "std"]);
    assert!(sandbox.path("std").is_symlink());
}

#[test]
fn a_file_that_is_standard_output_is_continued() {
    let sandbox = sandbox();
    let path = sandbox.file("log", "before\n");
    let log = File::options().append(true).open(&path).unwrap();
    let args = [
        "a.txt",
        "--output",
        "/dev/stdout",
        "--set",
        "output.format=tsv",
    ];
    assert_eq!(sandbox.command(&args).stdout(log).ended().code, Some(0));
    assert_eq!(sandbox.text("log"), format!("before\n{TSV}"));
}

#[test]
fn devices_and_fifos_are_written_to_and_never_replaced() {
    let sandbox = sandbox();
    sandbox.done(&["a.txt", "--output", "/dev/null"]);
    assert!(
        fs::metadata("/dev/null")
            .unwrap()
            .file_type()
            .is_char_device()
    );
    let made = Command::new("mkfifo")
        .arg(sandbox.path("pipe.tsv"))
        .status();
    assert!(made.unwrap().success());
    let path = sandbox.path("pipe.tsv");
    let reader = thread::spawn(move || {
        let mut text = String::new();
        File::open(path).unwrap().read_to_string(&mut text).unwrap();
        text
    });
    sandbox.done(&["a.txt", "--output", "pipe.tsv"]);
    assert_eq!(reader.join().unwrap(), TSV);
    let kind = fs::symlink_metadata(sandbox.path("pipe.tsv")).unwrap();
    assert!(kind.file_type().is_fifo());
    if Path::new("/dev/full").exists() {
        let parts = ["/dev/full", "cannot be written"];
        sandbox.refused(&["a.txt", "--output", "/dev/full"], 73, &parts);
    }
}

#[test]
fn a_stream_is_refused_if_the_result_has_several_files() {
    let sandbox = sandbox();
    for set in ["output.parts=true", "job.skip_bad_records=3"] {
        let args = ["a.txt", "--output", "-", "--set", set];
        sandbox.refused(&args, 64, &[set, "job.output"]);
    }
}

#[test]
fn suffixes_of_other_formats_are_refused_before_the_work() {
    let sandbox = sandbox();
    for output in ["o.xlsx", "o.json.bz2", "o.zip", "o.tar.gz", "o\n.xls"] {
        let ended = sandbox.run(&["a.txt", "--output", output]);
        assert!(!ended.err.contains("planned"), "{}", ended.err);
        ended.refused(64, &["cannot be written as", "job.output", ".csv"]);
    }
    let format = ["--set", "output.format=csv"];
    sandbox.refused(
        &[&["a.txt", "--output", "o.bz2"], &format[..]].concat(),
        64,
        &[".bz2"],
    );
    sandbox.done(&[&["a.txt", "--output", "o.xlsx"], &format[..]].concat());
    for output in ["o", "o.out", "o.2024-05"] {
        sandbox.done(&["a.txt", "--output", output]);
        assert!(sandbox.text(output).starts_with('{'), "{output}");
    }
    let parts = [
        "a.txt",
        "--output",
        "o.csv.gz",
        "--set",
        "output.parts=true",
    ];
    sandbox.refused(&parts, 64, &["part files are not compressed"]);
}

#[test]
fn the_suffix_compresses_the_result() {
    let sandbox = sandbox();
    for output in ["o.tsv.gz", "o.tsv.zst", "o.gz"] {
        sandbox.done(&["a.txt", "--output", output]);
        let bytes = fs::read(sandbox.path(output)).unwrap();
        let mut text = String::new();
        match output.ends_with("gz") {
            true => flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text),
            false => zstd::stream::read::Decoder::new(&bytes[..])
                .unwrap()
                .read_to_string(&mut text),
        }
        .unwrap();
        match output {
            "o.gz" => assert!(text.starts_with('{'), "{text}"),
            _ => assert_eq!(text, TSV),
        }
    }
}

#[test]
fn steps_read_compressed_results_and_the_last_one_may_write_to_standard_output() {
    let sandbox = sandbox();
    let steps = "[[step]]\njob.name = \"word-count\"\njob.output = \"mid.tsv.gz\"\n\n\
                 [[step]]\njob.name = \"sort\"\n";
    sandbox.file("job.toml", steps);
    let args = ["a.txt", "--job-file", "job.toml", "--output", "-"];
    let args = [&args[..], &["--set", "output.format=tsv"]].concat();
    assert_eq!(sandbox.done(&args).out, "word\tcount\nblue\t1\nred\t2\n");
    sandbox.file("job.toml", steps.replace("mid.tsv.gz", "-"));
    sandbox.refused(&args, 64, &["step", "standard output"]);
}

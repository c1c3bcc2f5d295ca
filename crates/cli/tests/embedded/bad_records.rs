//! Bad records: the job fails and names the first one, or skips them and lists them.

use std::io::Write;

use mapreduce_core::JobError;
use mapreduce_core::Record;
use mapreduce_job::Registry;
use mapreduce_job::{Emitter, JobInfo, Mapper, Reducer, Rows, Values, define};
use master::{MasterError, Summary};
use settings::{Environment, Settings, SettingsArgs};
use store::EmbeddedStore;
use tokio_util::sync::CancellationToken;

use crate::sandbox::{Ended, Sandbox};

/// Mapper that counts records. It panics at records with "panic" and returns an error for records with "refuse".
#[derive(Default)]
struct Fails;

impl Mapper for Fails {
    type Key = str;
    type Value = u64;

    fn map(
        &mut self,
        record: &Record<'_>,
        out: &mut Emitter<'_, '_, str, u64>,
    ) -> Result<(), JobError> {
        let text = record.text();
        // The pair is emitted before the failure; it must not count.
        out.emit(&*text, &1);
        assert!(!text.contains("panic"), "what a record");
        match text.contains("refuse") {
            true => Err(JobError::new("no such thing")),
            false => Ok(()),
        }
    }
}

struct Add;

impl Reducer for Add {
    type Key = str;
    type Value = u64;
    type OutKey = str;
    type OutValue = u64;

    fn reduce(
        &mut self,
        key: &str,
        values: &mut Values<'_, u64>,
        out: &mut Rows<'_, str, u64>,
    ) -> Result<(), JobError> {
        let mut sum = 0;
        while let Some(value) = values.next() {
            sum += value;
        }
        out.emit(key, &sum);
        Ok(())
    }
}

fn registry() -> Registry {
    let mut registry = mapreduce_jobs::registry();
    let sums = JobInfo::new("sums", "counts records, by their sums");
    registry.add(define(sums).mapper(Fails::default).sum());
    let groups = JobInfo::new("groups", "counts records, in groups");
    registry.add(define(groups).mapper(Fails::default).reducer(|| Add));
    registry
}

/// Runs `job` over the folder `in` in this process.
#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn run(
    sandbox: &Sandbox,
    job: &str,
    skip: u64,
    set: &[(&str, &str)],
) -> Result<Summary, MasterError> {
    let text = |name: &str| sandbox.path(name).to_str().expect("UTF-8").to_owned();
    let output = set.iter().any(|(name, _)| *name == "output.parts");
    let args = SettingsArgs {
        input: vec![text("in")],
        set: [
            ("job.output", &*text(if output { "o" } else { "o.csv" })),
            ("input.column", "text"),
            ("job.name", job),
            ("job.skip_bad_records", &skip.to_string()),
        ]
        .iter()
        .chain(set)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect(),
        ..SettingsArgs::default()
    };
    let environment = Environment {
        folder: sandbox.path(""),
        ..Environment::default()
    };
    let settings = Settings::read(&args, &environment).expect("settings");
    let (store, blobs) = (EmbeddedStore::default(), store::MemoryBlobs::default());
    let stop = CancellationToken::new();
    let work = worker::WorkerOptions::new(settings::worker_name(), registry(), &settings);
    let worker = tokio::spawn(worker::run(
        store.clone(),
        blobs.clone(),
        work,
        stop.clone(),
    ));
    let options = master::MasterOptions::new(&settings, &registry())?;
    let outcome = master::run(store, blobs, options, stop, |_| ()).await;
    worker.abort();
    outcome
}

/// Lines of the output, sorted.
fn rows(sandbox: &Sandbox, output: &str) -> Vec<String> {
    let text = sandbox.text(output);
    let mut rows: Vec<_> = text.lines().skip(1).map(str::to_owned).collect();
    rows.sort();
    rows
}

const BAD: &str = "o.bad-records.ndjson";

/// The line of one bad record in the list of bad records.
fn listed(
    sandbox: &Sandbox,
    file: &str,
    offset: usize,
    line: usize,
    error: &str,
    record: &str,
) -> String {
    let file = sandbox.path(file).display().to_string();
    format!(
        r#"{{"file":"{file}","offset":{offset},"line":{line},"error":"{error}","record":"{record}"}}"#
    )
}

const PANICKED: &str = "the mapper panicked: what a record";

/// Writes three files of 60 records. Returns the list of the bad records, and the rows of all others.
fn mixed(sandbox: &Sandbox) -> (Vec<String>, Vec<String>) {
    let (mut bad, mut good) = (Vec::new(), Vec::new());
    for file in ["in/a.txt", "in/b.csv", "in/c.txt.gz"] {
        let (mut text, mut line) = (String::new(), 1);
        if file.ends_with("csv") {
            text.push_str("id,text\n");
            line += 1;
        }
        for nth in 0..60 {
            let (record, error) = match nth {
                7 | 8 | 41 => (format!("panic {nth}"), Some(PANICKED)),
                59 => ("refuse this".to_owned(), Some("no such thing")),
                _ => (format!("word {}", nth % 5), None),
            };
            match error {
                Some(error) => bad.push(listed(sandbox, file, text.len(), line, error, &record)),
                None => good.push(record.clone()),
            }
            if file.ends_with("csv") {
                text.push_str("7,");
            }
            text.push_str(&record);
            text.push('\n');
            line += 1;
        }
        let bytes = match file.ends_with("gz") {
            true => {
                let plain = flate2::Compression::fast();
                let mut encoder = flate2::write::GzEncoder::new(Vec::new(), plain);
                encoder.write_all(text.as_bytes()).expect("written");
                encoder.finish().expect("compressed")
            }
            false => text.into_bytes(),
        };
        sandbox.file(file, bytes);
    }
    let mut rows: Vec<String> = (0..5)
        .map(|word| {
            let word = format!("word {word}");
            let count = good.iter().filter(|good| **good == word).count();
            format!("{word},{count}")
        })
        .collect();
    rows.sort();
    (bad, rows)
}

#[test]
fn bad_records_are_skipped_and_listed_and_all_others_counted() {
    let sandbox = Sandbox::new();
    let (bad, good) = mixed(&sandbox);
    for (job, split_size, slots) in [
        ("sums", "100", "1"),
        ("groups", "64MiB", "2"),
        ("groups", "90", "2"),
    ] {
        let set = [("input.split_size", split_size), ("worker.slots", slots)];
        let summary = run(&sandbox, job, 12, &set).unwrap();
        assert_eq!(rows(&sandbox, "o.csv"), good, "{job}");
        let listed = sandbox.text(BAD);
        assert_eq!(
            listed.lines().collect::<Vec<_>>(),
            bad,
            "{job} {split_size}"
        );
        assert_eq!(summary.counters.skipped_records, 12);
        assert_eq!(summary.counters.records, 180);
        assert_eq!(sandbox.names(""), ["in", BAD, "o.csv"]);
    }
}

#[test]
fn a_job_that_may_not_skip_records_fails_with_file_line_and_record() {
    let sandbox = Sandbox::new();
    sandbox.file("in/a.txt", "fine\nall \"right\"\n\tpanic\x1b here\nmore\n");
    for job in ["sums", "groups"] {
        let error = run(&sandbox, job, 0, &[]).unwrap_err().to_string();
        let file = sandbox.path("in/a.txt").display().to_string();
        let expected = format!(
            "{file}: line 3 (offset 17): {PANICKED}; record: \"\\tpanic\\u{{1b}} here\" (job.skip_bad_records"
        );
        assert!(error.contains(&expected), "{error}\nlacks\n{expected}");
        assert_eq!(error.matches("; record:").count(), 1, "{error}");
        assert_eq!(sandbox.names(""), ["in"]);
    }
}

#[test]
fn too_many_bad_records_in_a_task_fail_the_job_with_the_first_one() {
    let sandbox = Sandbox::new();
    sandbox.file("in/a.txt", "1\nrefuse 2\n3\nrefuse 4\nrefuse 5\n");
    let error = run(&sandbox, "groups", 2, &[]).unwrap_err().to_string();
    assert!(
        error.contains("a.txt: line 2 (offset 2): no such thing; record: \"refuse 2\"; this is the first of more than 2"),
        "{error}"
    );
    assert_eq!(sandbox.names(""), ["in"]);
    run(&sandbox, "groups", 3, &[]).unwrap();
    assert_eq!(sandbox.text(BAD).lines().count(), 3);
}

#[test]
fn too_many_bad_records_in_all_tasks_fail_the_job() {
    let sandbox = Sandbox::new();
    for file in ["in/a.txt", "in/b.txt", "in/c.txt"] {
        sandbox.file(file, "fine\npanic\nfine\n");
    }
    let set = [("worker.slots", "1")];
    let error = run(&sandbox, "sums", 2, &set).unwrap_err().to_string();
    assert!(
        error.contains("at least 3 bad records") && error.contains("job.skip_bad_records=2"),
        "{error}"
    );
    assert_eq!(sandbox.names(""), ["in"]);
}

#[test]
fn the_list_of_an_earlier_run_is_removed() {
    let sandbox = Sandbox::new();
    sandbox.file("in/a.txt", "fine\npanic\n");
    run(&sandbox, "sums", 1, &[]).unwrap();
    assert_eq!(sandbox.names(""), ["in", BAD, "o.csv"]);
    for text in ["fine\n", ""] {
        sandbox.file(BAD, "of an earlier run");
        sandbox.file("in/a.txt", text);
        run(&sandbox, "sums", 1, &[]).unwrap();
        assert_eq!(sandbox.names(""), ["in", "o.csv"]);
    }
}

#[test]
fn with_part_files_the_list_is_next_to_the_folder() {
    let sandbox = Sandbox::new();
    sandbox.file("in/a.txt", "fine\npanic\n");
    run(&sandbox, "groups", 1, &[("output.parts", "true")]).unwrap();
    assert_eq!(sandbox.names(""), ["in", "o", BAD]);
    let expected = listed(&sandbox, "in/a.txt", 5, 2, PANICKED, "panic");
    assert_eq!(sandbox.text(BAD), expected + "\n");
}

#[test]
fn live_aggregation_with_skipped_records_is_rejected() {
    let sandbox = Sandbox::new();
    sandbox.file("in/a.txt", "fine\n");
    let error = run(&sandbox, "sums", 1, &[("job.aggregate", "live")]).unwrap_err();
    let error = error.to_string();
    assert!(
        error.contains("job.skip_bad_records=1") && error.contains("job.aggregate=shuffle"),
        "{error}"
    );
}

/// Writes each line as a key; ends with exit code 3 at a line with "bad".
const MAPPER: &str = "python3 -c '
import sys
for line in sys.stdin:
    if \"bad\" in line:
        sys.stderr.write(\"cannot do that\\n\")
        sys.exit(3)
    print(line.strip() + \"\\t1\")
'";

/// Runs the program with `PATH`, so that it finds the commands.
fn run_commands(sandbox: &Sandbox, args: &[&str]) -> Ended {
    let path = std::env::var("PATH").expect("a path");
    sandbox.command(args).env("PATH", &path).ended()
}

#[test]
fn lines_at_which_a_command_fails_are_skipped_and_listed() {
    let sandbox = Sandbox::new();
    let lines = (0..60).map(|nth| match nth {
        3 | 30 | 59 => format!("bad {nth}\n"),
        _ => "fine\n".to_owned(),
    });
    sandbox.file("in/a.txt", lines.collect::<String>());
    let args = [
        "in",
        "--mapper",
        MAPPER,
        "--reducer",
        "uniq -c",
        "--output",
        "o.txt",
    ];
    let ended = run_commands(
        &sandbox,
        &[&args[..], &["--skip-bad-records", "3"]].concat(),
    );
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(
        ended.out.contains("note: 3 records were skipped"),
        "{}",
        ended.out
    );
    let listed = sandbox.text(BAD);
    let quotes: Vec<_> = listed
        .lines()
        .map(|line| line.split("\"record\":").nth(1).expect("a record"))
        .collect();
    assert_eq!(quotes, ["\"bad 3\"}", "\"bad 30\"}", "\"bad 59\"}"]);
    assert!(
        listed.contains("exit code 3") && listed.contains("cannot do that"),
        "{listed}"
    );
    assert!(
        sandbox.text("o.txt").trim_start().starts_with("57 fine"),
        "{}",
        sandbox.text("o.txt")
    );

    std::fs::remove_file(sandbox.path(BAD)).unwrap();
    let ended = run_commands(&sandbox, &args);
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    for part in [
        "a.txt: line 4 (offset 15)",
        "exit code 3",
        "cannot do that",
        "record: \"bad 3\"",
    ] {
        assert!(ended.err.contains(part), "{part}: {}", ended.err);
    }
}

#[test]
fn a_command_that_fails_without_reading_skips_no_record() {
    let sandbox = Sandbox::new();
    sandbox.file("in/a.txt", "a\nb\nc\n");
    let marks = sandbox.path("marks").display().to_string();
    // The command fails twice: in the first attempt and at the start of the second.
    let flaky = format!("echo x >> {marks}; [ $(wc -l < {marks}) -gt 2 ] || exit 5; cat");
    let args = [
        "in",
        "--reducer",
        "cat",
        "--output",
        "o.txt",
        "--skip-bad-records",
        "2",
    ];
    let ended = run_commands(&sandbox, &[&args[..], &["--mapper", &flaky]].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert_eq!(sandbox.text("o.txt").lines().count(), 3);
    assert!(!sandbox.path(BAD).exists());

    let ended = run_commands(&sandbox, &[&args[..], &["--mapper", "exit 5"]].concat());
    assert_eq!(ended.code, Some(1), "{}", ended.err);
    assert!(ended.err.contains("exit code 5"), "{}", ended.err);
    assert!(!ended.err.contains("; record:"), "{}", ended.err);
}

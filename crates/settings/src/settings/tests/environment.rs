//! Environment variables.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::PathBuf;
use std::time::Duration;

use mapreduce_core::OutputFormat;
use mapreduce_core::{Aggregate, Delimiter, Escape, InputFormat, Quote, Tokenizer};

use super::harness::read;
use crate::settings::{
    CrashPoint, CrashSettings, OutputSettings, Setting, ShuffleSettings, reference,
};

/// Variables of settings, and one variable that is not a setting.
const VARIABLES: &[(&str, &str)] = &[
    ("MAPREDUCE__JOB__INPUT", "data/a, b"),
    ("MAPREDUCE__JOB__ID", "j-1"),
    ("MAPREDUCE__JOB__STALL_TIMEOUT", "0"),
    ("MAPREDUCE__INPUT__FORMAT", "csv"),
    ("MAPREDUCE__INPUT__COLUMN", " text "),
    ("MAPREDUCE__INPUT__DELIMITER", "tab"),
    ("MAPREDUCE__INPUT__QUOTE", "'"),
    ("MAPREDUCE__INPUT__ESCAPE", "backslash"),
    ("MAPREDUCE__INPUT__COMMENT", "#"),
    ("MAPREDUCE__INPUT__NULL", "NA, \\N,\"\""),
    ("MAPREDUCE__INPUT__POINTER", "/a/b~1c, /d"),
    ("MAPREDUCE__INPUT__TOKENIZER", "spaces"),
    ("MAPREDUCE__INPUT__SPLIT_SIZE", "1KiB"),
    ("MAPREDUCE__INPUT__CHUNK_LINES", "100"),
    ("MAPREDUCE__INPUT__STRICT", "true"),
    ("MAPREDUCE__JOB__AGGREGATE", "live"),
    ("MAPREDUCE__JOB__REDUCES", "4096"),
    ("MAPREDUCE__OUTPUT__FORMAT", "ndjson"),
    ("MAPREDUCE__OUTPUT__HEADER", "false"),
    ("MAPREDUCE__OUTPUT__TOP", "10"),
    ("MAPREDUCE__OUTPUT__PARTS", "true"),
    ("MAPREDUCE__SHUFFLE__STORE", "/mnt/runs"),
    ("MAPREDUCE__SHUFFLE__COMPRESSION", "lz4"),
    ("MAPREDUCE__SHUFFLE__EXPIRE", "1m"),
    ("MAPREDUCE__WORKER__MEMORY", "1MiB"),
    ("MAPREDUCE__WORKER__TEMP_FOLDER", "/mnt/tmp"),
    ("MAPREDUCE__CHECKPOINT__INTERVAL", "0s"),
    ("MAPREDUCE__LOG__LEVEL", "info,worker=debug"),
    ("MAPREDUCE__CRASH__AT", "before-commit"),
    ("MAPREDUCE__CRASH__PROBABILITY", "0.25"),
    ("MAPREDUCE__CRASH__SEED", "7"),
    ("MAPREDUCE_OTHER", "not a setting"),
];

#[test]
fn variables_set_their_settings() {
    let all = read(VARIABLES, "", &[]).unwrap();
    assert_eq!(all.job.input, [PathBuf::from("data/a, b")]);
    assert_eq!(all.job.id.unwrap().as_str(), "j-1");
    assert_eq!(all.job.stall_timeout, None);
    assert_eq!(all.input.format, InputFormat::Csv);
    assert_eq!(all.input.column.as_deref(), Some(" text "));
    assert_eq!(all.input.delimiter, Some(Delimiter::Character(b'\t')));
    assert_eq!(all.input.quote, Some(Quote(Some(b'\''))));
    assert_eq!(all.input.escape, Some(Escape::Backslash));
    assert_eq!(all.input.comment, Some(b'#'));
    assert_eq!(all.input.null, ["NA", "\\N", ""]);
    assert_eq!(all.input.pointer, ["/a/b~1c", "/d"]);
    assert_eq!(all.input.tokenizer, Tokenizer::Spaces);
    assert_eq!(all.input.split_size, NonZeroU64::new(1024));
    assert_eq!(all.input.chunk_lines, NonZeroU64::new(100));
    assert!(all.input.strict);
    assert_eq!(all.job.aggregate, Aggregate::Live);
    assert_eq!(all.job.reduces.map(NonZeroU32::get), Some(4096));
    let output = OutputSettings {
        header: false,
        format: Some(OutputFormat::Ndjson),
        top: NonZeroU64::new(10),
        parts: true,
    };
    assert_eq!(all.output, output);
    let shuffle = ShuffleSettings {
        store: Some(PathBuf::from("/mnt/runs")),
        compression: true,
        expire: Duration::from_secs(60),
    };
    assert_eq!(all.shuffle, shuffle);
    assert_eq!(all.worker.memory.get(), 1 << 20);
    assert_eq!(all.worker.temp_folder, Some(PathBuf::from("/mnt/tmp")));
    assert_eq!(all.checkpoint.interval, None);
    assert_eq!(all.log.level, "info,worker=debug");
    let crash = CrashSettings {
        at: Some(CrashPoint::BeforeCommit),
        probability: 0.25,
        skip: 0,
        seed: Some(7),
    };
    assert_eq!(all.crash, crash);
}

#[test]
fn empty_variables_count_as_not_set() {
    let rows: Vec<_> = reference().map(Setting::variable).collect();
    let mut empty: Vec<_> = rows
        .iter()
        .map(|variable| (variable.as_str(), ""))
        .collect();
    empty.push(("REDIS_URL", ""));
    assert_eq!(read(&empty, "", &[]), read(&[], "", &[]));
}

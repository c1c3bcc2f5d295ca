//! Wrong settings, and the messages about them.

use super::harness::{error, read};

#[test]
fn an_unknown_name_is_an_error_with_its_origin_and_a_suggestion() {
    assert_eq!(
        error(&[("MAPREDUCE__WORKER__SLOT", "2")], "", &[]),
        "unknown setting worker.slot (from the environment variable MAPREDUCE__WORKER__SLOT); \
         did you mean worker.slots?"
    );
    assert_eq!(
        error(&[], "[redis]\nport = 1", &[]),
        "unknown setting redis.port (from the file mapreduce.toml); --help lists all settings"
    );
    assert_eq!(
        error(&[], "", &["--set", "job.inputs=x"]),
        "unknown setting job.inputs (from the flag --set); did you mean job.input?"
    );
    // A section as a value, and a setting as a table.
    assert!(error(&[], "worker = 3", &[]).starts_with("unknown setting worker (from the file"));
    let nested = error(&[], "worker.slots.a = 3", &[]);
    assert!(
        nested.starts_with("unknown setting worker.slots.a (from the file"),
        "{nested}"
    );
}

#[test]
fn a_wrong_value_is_an_error_with_the_setting_the_accepted_values_and_the_origin() {
    assert_eq!(
        error(&[("MAPREDUCE__WORKER__SLOTS", "abc")], "", &[]),
        "worker.slots: \"abc\" is not a whole number from 1 to 1024, or cores \
         (from the environment variable MAPREDUCE__WORKER__SLOTS)"
    );
    assert_eq!(
        error(&[], "input.split_size = 0", &[]),
        "input.split_size: \"0\" is not auto or a size such as 32MiB, at least 1 byte \
         (from the file mapreduce.toml)"
    );
    assert_eq!(
        error(&[], "", &["--tokenizer", "letters"]),
        "input.tokenizer: \"letters\" is not words, spaces or unicode (from the flag --tokenizer)"
    );
    assert_eq!(
        error(&[("MAPREDUCE__SHUFFLE__STORE", "s3://runs")], "", &[]),
        "shuffle.store: \"s3://runs\" is not auto or a path \
         (from the environment variable MAPREDUCE__SHUFFLE__STORE)"
    );
    let secret = error(&[("REDIS_URL", "http://me:secret@host")], "", &[]);
    assert!(
        secret.starts_with("redis.url: \"http://me:***@host\" is not a URL"),
        "{secret}"
    );
}

#[test]
fn every_setting_rejects_values_out_of_its_range() {
    for (name, values) in [
        ("redis.url", &["localhost", "redis://", ""][..]),
        ("redis.deadline", &["60", "soon", "-1s", ""]),
        ("job.name", &["", "a b", "../x"]),
        ("job.input", &[""]),
        ("job.output", &[""]),
        ("job.id", &["a b", "{x}"]),
        ("job.aggregate", &["Live", "shuffled", ""]),
        ("job.reduces", &["0", "4097", "-1", "1.5", "all", ""]),
        ("job.stall_notice", &["0", "999ms", "5", ""]),
        ("job.stall_timeout", &["5", ""]),
        ("job.keep", &["long"]),
        ("input.format", &["CSV", "json", ""]),
        ("input.delimiter", &["\"", "\n", "ab", "é", "a", "7", "Tab"]),
        ("input.quote", &["\\", "\n", "ab", "é", "a", "7", "None"]),
        ("input.escape", &["/", "none", "\"", "Double"]),
        ("input.comment", &["\\", "\n", "//", "é", "a", "none"]),
        ("input.null", &["a\nb"]),
        ("input.pointer", &["a", "/a,b", "/a~2", "/~", ",", "/a,"]),
        ("input.split_size", &["0", "-1", "1 parsec", ""]),
        ("input.chunk_lines", &["-1", "1.5", "many", ""]),
        ("input.strict", &["2", "maybe", ""]),
        ("input.max_record", &["0", "auto"]),
        ("output.format", &["JSON", "xml", ""]),
        ("output.top", &["-1", "1.5", "all", ""]),
        ("output.parts", &["2", "maybe", ""]),
        ("shuffle.store", &["s3://runs", "redis://h", ""]),
        ("shuffle.compression", &["LZ4", "gzip", "true", ""]),
        ("shuffle.expire", &["59s", "0", "60", "never", ""]),
        ("worker.slots", &["0", "1025", "-1", "two", ""]),
        ("worker.lease", &["499ms", "0", "30"]),
        ("worker.max_attempts", &["0", "1001", "x"]),
        ("worker.backups", &["yes", "1"]),
        ("worker.memory", &["0", "1023KiB", "-1", "all", ""]),
        ("worker.slow", &["5", "slow"]),
        ("checkpoint.interval", &["5", "off"]),
        ("log.format", &["xml"]),
        ("log.level", &["verbose", "info,,", "a=b=c", ""]),
        ("crash.at", &["somewhere", ""]),
        ("crash.probability", &["1.01", "-0.1", "NaN", "x"]),
        ("crash.skip", &["-1", "1.5"]),
        ("crash.seed", &["x", "-1"]),
    ] {
        for value in values {
            let error = read(&[], "", &["--set", &format!("{name}={value}")]).unwrap_err();
            let about = error.to_string();
            assert!(
                about.starts_with(&format!("{name}: {value:?} ")),
                "{name}={value}: {about}"
            );
        }
    }
    for (list, shown) in [("['a', '']", "a, "), ("[]", "")] {
        let about = error(&[], &format!("job.input = {list}"), &[]);
        assert!(
            about.starts_with(&format!("job.input: {shown:?} is not a path or")),
            "{about}"
        );
    }
}

//! Wrong settings: exit code 64, and a message with the setting and its origin.

use crate::sandbox::Sandbox;

/// Sets `name=value` in every layer and expects an error that names the layer.
fn check(name: &str, value: &str) {
    let sandbox = Sandbox::new();
    sandbox.file("input/a.txt", "a");
    let set = format!("{name}={value}");
    sandbox.refused(&["--set", &set], 64, &[name, value, "--set"]);

    let variable = format!("MAPREDUCE__{}", name.replace('.', "__").to_uppercase());
    let run = sandbox.command(&[]).env(&variable, value);
    run.ended().refused(64, &[name, value, &variable]);

    let (section, key) = name.split_once('.').unwrap();
    sandbox.file(
        "mapreduce.toml",
        format!("[{section}]\n{key} = \"{value}\"\n"),
    );
    sandbox.refused(&[], 64, &[name, value, "mapreduce.toml"]);
    assert_eq!(
        sandbox.names(""),
        ["input", "mapreduce.toml"],
        "nothing was done"
    );
}

#[test]
fn a_wrong_value_in_any_section_is_an_error_with_its_origin() {
    for (name, value) in [
        ("redis.url", "http://x"),
        ("redis.deadline", "soon"),
        ("job.name", "a b"),
        ("job.id", "a/b"),
        ("job.aggregate", "shuffled"),
        ("job.reduces", "0"),
        ("job.stall_timeout", "-1s"),
        ("job.keep", "5"),
        ("input.format", "xls"),
        ("input.tokenizer", "letters"),
        ("input.split_size", "0"),
        ("input.split_size", "32 apples"),
        ("input.chunk_lines", "-1"),
        ("input.strict", "maybe"),
        ("input.max_record", "0"),
        ("output.format", "xlsx"),
        ("output.top", "-1"),
        ("output.parts", "maybe"),
        ("shuffle.store", "s3://runs"),
        ("shuffle.compression", "gzip"),
        ("shuffle.expire", "1s"),
        ("worker.slots", "0"),
        ("worker.lease", "1ms"),
        ("worker.max_attempts", "0"),
        ("worker.memory", "1KiB"),
        ("worker.slow", "long"),
        ("checkpoint.interval", "5"),
        ("log.format", "xml"),
        ("log.level", "loud"),
        ("crash.at", "lunch"),
        ("crash.probability", "2"),
    ] {
        check(name, value);
    }
}

#[test]
fn a_wrong_flag_is_an_error_with_the_flag_and_its_setting() {
    let sandbox = Sandbox::new();
    for (flag, value, name) in [
        ("--format", "xls", "input.format"),
        ("--tokenizer", "x", "input.tokenizer"),
        ("--split-size", "0", "input.split_size"),
        ("--chunk-lines", "many", "input.chunk_lines"),
        ("--slots", "9999", "worker.slots"),
        ("--output", "", "job.output"),
        ("--log-level", "loud", "log.level"),
    ] {
        sandbox.refused(&[flag, value], 64, &[name, flag]);
    }
    sandbox.refused(&[""], 64, &["job.input", "the arguments"]);
    sandbox.refused(&["--config", "none.toml"], 64, &["none.toml"]);
}

#[test]
fn an_unknown_job_parameter_or_setting_is_named() {
    let sandbox = Sandbox::new();
    sandbox.file("input/a.txt", "a");
    sandbox.refused(
        &["--job", "sorted"],
        64,
        &["job.name", "sorted", "word-count", "sort"],
    );
    sandbox.refused(
        &["--param", "k=1"],
        64,
        &["word-count", "unknown parameter k"],
    );
    let parts = ["worker.slot", "did you mean worker.slots"];
    sandbox.refused(&["--set", "worker.slot=1"], 64, &parts);
    let run = sandbox.command(&[]).env("MAPREDUCE__NO__SUCH", "1");
    run.ended().refused(64, &["no.such", "MAPREDUCE__NO__SUCH"]);
    assert_eq!(sandbox.names(""), ["input"], "nothing was done");
}

#[test]
fn wrong_usage_ends_with_64_and_points_to_help() {
    let sandbox = Sandbox::new();
    for args in [&["--no-such-flag"][..], &["--set", "nothing"], &["--slots"]] {
        let ended = sandbox.run(args);
        assert_eq!(ended.code, Some(64), "{}", ended.err);
        assert!(
            ended.err.contains(args[0]) && ended.err.contains("--help"),
            "{}",
            ended.err
        );
    }
    assert!(sandbox.done(&["--help"]).out.contains("worker.slots"));
}

//! Commands that misbehave: the job fails with a clear error or applies a documented default, and never hangs.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;

use crate::sandbox::{Ended, Sandbox};

/// Runs a job over the folder `in`, with `PATH` set so that it finds its commands, and in small splits.
fn run(sandbox: &Sandbox, args: &[&str]) -> Ended {
    let path = std::env::var("PATH").expect("a path");
    let all = [
        &[
            "in",
            "--output",
            "o.txt",
            "--split-size",
            "4KiB",
            "--set",
            "job.reduces=3",
        ],
        args,
    ]
    .concat();
    sandbox.command(&all).env("PATH", &path).ended()
}

fn done(sandbox: &Sandbox, args: &[&str]) -> Vec<String> {
    let ended = run(sandbox, args);
    assert_eq!(ended.code, Some(0), "{args:?}\n{}", ended.err);
    sandbox.text("o.txt").lines().map(str::to_owned).collect()
}

/// Runs a job and expects exit code 1, an error message that contains all of `parts`, and no output file.
fn fails(sandbox: &Sandbox, args: &[&str], parts: &[&str]) {
    let ended = run(sandbox, args);
    assert_eq!(ended.code, Some(1), "{args:?}\n{}", ended.err);
    let error = ended.err.split("error: ").last().expect("an error");
    for part in parts {
        assert!(error.contains(part), "no {part:?} in {error}");
    }
    assert!(!sandbox.path("o.txt").exists());
}

/// Returns a test folder with about 20 kB of lines in `in/`.
fn lines() -> Sandbox {
    let sandbox = Sandbox::new();
    let text: String = (0..2000).map(|nth| format!("line {nth}\n")).collect();
    sandbox.file("in/a.txt", text);
    sandbox
}

/// Writes a file with the permissions `mode`.
fn script(sandbox: &Sandbox, name: &str, text: &str, mode: u32) {
    let path = sandbox.file(name, text);
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

#[test]
fn a_missing_command_is_named() {
    fails(
        &lines(),
        &["--mapper", "no-such-program"],
        &["the mapper `no-such-program`", "127", "--files"],
    );
    fails(
        &lines(),
        &["--reducer", "no-such-program"],
        &["the reducer `no-such-program`", "127", "--files"],
    );
}

#[test]
fn a_script_that_is_not_executable_is_named_with_advice() {
    let sandbox = lines();
    script(&sandbox, "map.sh", "#!/bin/sh\ncat\n", 0o644);
    let shipped = ["--files", "map.sh", "--reducer", "NONE", "--mapper"];
    let args = |mapper| [&shipped[..], &[mapper]].concat();
    fails(
        &sandbox,
        &args("./map.sh"),
        &["map.sh is not executable", "chmod +x", "126"],
    );
    assert_eq!(done(&sandbox, &args("sh map.sh")).len(), 2000);
    script(&sandbox, "map.sh", "#!/bin/sh\ncat\n", 0o755);
    assert_eq!(done(&sandbox, &args("./map.sh")).len(), 2000);
}

#[test]
fn a_line_without_a_tab_is_a_key_without_a_value() {
    let rows = done(
        &lines(),
        &["--mapper", "sed 's/.$//'", "--reducer", "uniq -c"],
    );
    let mut counts: Vec<_> = rows
        .iter()
        .map(|row| row.trim_start().split_once(' ').expect("a count"))
        .collect();
    counts.sort_by_key(|(_, line)| line.trim_end());
    assert_eq!(counts.len(), 200);
    assert_eq!(counts[..2], [("10", "line \t"), ("10", "line 1\t")]);
}

/// Returns pseudorandom bytes, the same in every run, without carriage returns: those before a newline are part of the
/// line end.
fn garbage() -> Vec<u8> {
    let mut chance = 7u32;
    let bytes = std::iter::repeat_with(|| {
        chance = chance.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (chance >> 24) as u8
    });
    let bytes = bytes.take(100_000).filter(|byte| *byte != b'\r');
    bytes.chain(*b"\n").collect()
}

fn sorted(bytes: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<_> = bytes.split(|byte| *byte == b'\n').collect();
    lines.sort();
    lines
}

#[test]
fn invalid_utf8_is_reported_and_reaches_commands_as_it_is() {
    let sandbox = Sandbox::new();
    sandbox.file("in/a.bin", garbage());
    let expected = garbage();
    for (args, in_order) in [(&["--reducer", "NONE"][..], true), (&[], false)] {
        let ended = run(&sandbox, &[&["--mapper", "cat"], args].concat());
        assert_eq!(ended.code, Some(0), "{}", ended.err);
        assert!(
            ended.out.contains("invalid UTF-8 sequences were found"),
            "{}",
            ended.out
        );
        let found = std::fs::read(sandbox.path("o.txt")).unwrap();
        match in_order {
            true => assert!(found == expected, "the text has changed"),
            false => assert!(sorted(&found) == sorted(&expected), "lines have changed"),
        }
    }
}

#[test]
fn the_output_of_commands_may_contain_any_bytes() {
    let sandbox = Sandbox::new();
    sandbox.file("in/a.txt", "one\n");
    sandbox.file("garbage.bin", garbage());
    let writes = [
        "--files",
        "garbage.bin",
        "--mapper",
        "cat > /dev/null; cat garbage.bin",
    ];
    let ended = run(&sandbox, &[&writes[..], &["--reducer", "NONE"]].concat());
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(
        std::fs::read(sandbox.path("o.txt")).unwrap() == garbage(),
        "bytes have changed"
    );
    let ended = run(&sandbox, &writes);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    let found = std::fs::read(sandbox.path("o.txt")).unwrap();
    assert!(sorted(&found) == sorted(&garbage()), "lines have changed");
}

#[test]
fn a_mapper_that_writes_very_much_is_kept_in_little_memory() {
    let sandbox = Sandbox::new();
    sandbox.file("in/a.txt", "one line\n");
    let much = "yes 'some key\tand its value' | head -c 300000000";
    let little = [
        "--set",
        "worker.memory=1MiB",
        "--set",
        "shuffle.compression=lz4",
    ];
    let rows = done(
        &sandbox,
        &[&["--mapper", much, "--reducer", "wc -c"], &little[..]].concat(),
    );
    let sizes = rows
        .iter()
        .map(|row| row.trim().parse::<u64>().expect("a number"));
    // `head` cuts the last line inside its key, so the job adds the tab of a key without a value and a newline.
    assert_eq!(sizes.sum::<u64>(), 300_000_002, "{rows:?}");
}

#[test]
fn a_mapper_may_read_nothing_or_only_part_of_its_input() {
    let sandbox = lines();
    sandbox.file("in/b.txt", "much\n".repeat(200_000));
    let args = ["--split-size", "1MiB", "--reducer", "NONE", "--mapper"];
    let run = |mapper: &str| {
        let args = [&["--set", "input.split_size=1MiB"], &args[2..], &[mapper]].concat();
        let path = std::env::var("PATH").unwrap();
        let ended = sandbox
            .command(&[&["in", "--output", "o.txt"], &args[..]].concat())
            .env("PATH", &path)
            .ended();
        assert_eq!(ended.code, Some(0), "{mapper}\n{}", ended.err);
        sandbox.text("o.txt")
    };
    assert_eq!(run("echo done"), "done\ndone\n");
    assert_eq!(run("head -n 1"), "line 0\nmuch\n");
    assert_eq!(run("true"), "");
}

#[test]
fn a_command_that_never_ends_is_named_with_its_time_limit() {
    let limits = ["--param", "timeout=1s", "--set", "worker.max_attempts=1"];
    for command in ["while :; do :; done", "cat > copy.txt; sleep 1000"] {
        let name = format!("the mapper `{command}`");
        let args = [&["--mapper", command], &limits[..]].concat();
        fails(&lines(), &args, &[&name, "for 1s", "timeout"]);
        let name = format!("the reducer `{command}`");
        let args = [&["--reducer", command], &limits[..]].concat();
        fails(&lines(), &args, &[&name, "for 1s", "timeout"]);
    }
}

#[test]
fn a_failed_reducer_is_named_with_its_exit_code_and_stderr() {
    let reducer = "cat > copy.txt; echo no room >&2; exit 3";
    let parts = ["the reducer `cat > copy.txt", "exit code 3", "no room"];
    fails(
        &lines(),
        &["--reducer", reducer, "--set", "worker.max_attempts=2"],
        &parts,
    );
}

#[test]
fn counters_of_commands_are_reported_when_the_job_is_done() {
    let count = "echo reporter:status:well >&2; while read -r line; do echo reporter:counter:Lines,read,1 >&2; done";
    let ended = run(&lines(), &["--mapper", count, "--reducer", "NONE"]);
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    assert!(
        ended.out.contains("counter: Lines:read = 2000"),
        "{}",
        ended.out
    );
}

#[test]
fn files_that_cannot_be_shipped_are_named() {
    let sandbox = lines();
    let args = |file| {
        [
            "in", "--mapper", "cat", "--output", "o.txt", "--files", file,
        ]
    };
    sandbox.refused(
        &args("gone.py"),
        64,
        &["job.files", "gone.py", "No such file"],
    );
    sandbox.refused(&args("in"), 64, &["job.files", "in is not a file"]);
    File::create(sandbox.path("large.bin"))
        .unwrap()
        .set_len((64 << 20) + 1)
        .unwrap();
    sandbox.refused(
        &args("large.bin"),
        64,
        &["job.files", "large.bin is too large", "64 MiB"],
    );
}

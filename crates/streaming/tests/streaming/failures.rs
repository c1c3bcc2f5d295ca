//! Errors of commands.

use crate::support::{Failure, Trial};

fn failure(params: &[(&str, &str)]) -> Failure {
    Trial::new(params, &["a\nb\n"]).run().unwrap_err()
}

fn check(failure: &Failure, is_permanent: bool, parts: &[&str]) {
    assert_eq!(failure.is_permanent, is_permanent, "{}", failure.text);
    for part in parts {
        assert!(
            failure.text.contains(part),
            "{part:?} is not in: {}",
            failure.text
        );
    }
}

#[test]
fn an_error_contains_the_exit_code_and_the_end_of_stderr() {
    let command = "seq 100 >&2; echo reporter:counter:a,b,1 >&2; echo oops >&2; exit 3";
    let mapped = failure(&[("mapper", command)]);
    let parts = [
        "input-0.txt",
        "the mapper `seq 100",
        "exit code 3",
        "\n100\noops",
    ];
    check(&mapped, false, &parts);
    assert!(!mapped.text.contains("reporter:counter:a,b,1\noops"));
    let reduced = failure(&[("reducer", "cat; exit 4")]);
    check(
        &reduced,
        false,
        &["the reducer `cat; exit 4`", "exit code 4"],
    );
    let combined = failure(&[("combiner", "cat; exit 5"), ("reducer", "cat")]);
    check(
        &combined,
        false,
        &["the combiner `cat; exit 5`", "exit code 5"],
    );
}

#[test]
fn an_error_names_the_signal() {
    let killed = failure(&[("mapper", "kill -9 $$")]);
    check(&killed, false, &["signal 9, killed"]);
}

#[test]
fn a_missing_command_fails_the_job_at_once_with_advice() {
    let missing = failure(&[("mapper", "no-such-program --fast")]);
    check(
        &missing,
        true,
        &["program \"no-such-program\" not found", "--files", "127"],
    );
}

#[test]
fn a_script_that_is_not_executable_fails_the_job_at_once_with_advice() {
    let trial =
        Trial::new(&[("reducer", "./count.py")], &["a\n"]).file("count.py", "print(1)", 0o644);
    let failure = trial.run().unwrap_err();
    check(
        &failure,
        true,
        &["count.py is not executable", "chmod +x", "126"],
    );
    // The shell's search in PATH ignores files that are not executable.
    let trial = Trial::new(&[("mapper", "count.py")], &["a\n"]).file("count.py", "print(1)", 0o644);
    let failure = trial.run().unwrap_err();
    check(&failure, true, &["count.py is not executable", "chmod +x"]);
}

#[test]
fn windows_line_endings_of_a_script_are_named() {
    let script = "#!/usr/bin/env python3\r\nprint(1)\r\n";
    let trial = Trial::new(&[("mapper", "count.py")], &["a\n"]).file("count.py", script, 0o755);
    check(&trial.run().unwrap_err(), true, &["Windows line endings"]);
}

#[test]
fn a_missing_interpreter_is_named() {
    let trial =
        Trial::new(&[("mapper", "./run.x")], &["a\n"]).file("run.x", "#!/no/such/x\n", 0o755);
    check(&trial.run().unwrap_err(), true, &["`#!/no/such/x`"]);
}

#[test]
fn an_idle_command_is_killed_at_the_timeout() {
    let much = "line\n".repeat(1_000_000);
    for command in [
        "sleep 1000",
        "cat >/dev/null; echo text >&2; sleep 1000",
        // Text on stderr, before and after the end of the input.
        "yes complaint >&2",
        "cat >/dev/null; yes complaint >&2",
        "cat >/dev/null; while echo complaint >&2; do sleep 0.01; done",
    ] {
        let params = [("mapper", command), ("timeout", "300ms")];
        let timed_out = Trial::new(&params, &[&much]).run().unwrap_err();
        let parts = ["neither read nor wrote for 300ms", "the parameter timeout"];
        check(&timed_out, false, &parts);
    }
}

#[test]
fn a_slow_command_that_makes_progress_is_not_killed() {
    // The command's pipe holds its whole input. Each line takes less than the timeout, all lines take longer.
    let slow = "while read line; do sleep 0.1; done; echo done";
    let params = [("mapper", slow), ("timeout", "2s"), ("reducer", "NONE")];
    let lines = Trial::new(&params, &["line\n".repeat(25)]).lines();
    assert_eq!(lines, ["done"]);
}

#[test]
fn a_command_that_sends_reports_is_not_killed() {
    let report = "cat >/dev/null; for i in 1 2 3 4 5 6 7 8; do sleep 0.1; echo reporter:status:$i >&2; done; echo done";
    let params = [
        ("mapper", report),
        ("timeout", "500ms"),
        ("reducer", "NONE"),
    ];
    let lines = Trial::new(&params, &["line\n"]).lines();
    assert_eq!(lines, ["done"]);
}

#[test]
fn an_error_without_text_on_stderr_contains_the_exit_code_and_the_file() {
    let failed = failure(&[("mapper", "grep nowhere")]);
    let parts = [
        "input-0.txt",
        "the mapper `grep nowhere`",
        "exit code 1",
        "its stderr is empty",
    ];
    check(&failed, false, &parts);
}

#[test]
fn a_command_cannot_exceed_its_memory_limit() {
    let hungry = "python3 -c 'x = bytearray(500 << 20); print(len(x))'";
    let params = [("mapper", hungry), ("reducer", "NONE")];
    let lines = Trial::new(&params, &["x"]).lines();
    assert_eq!(lines, ["524288000"]);
    let limited = failure(&[("mapper", hungry), ("memory", "300MiB")]);
    check(&limited, false, &["MemoryError"]);
}

#[test]
fn a_line_above_the_limit_fails_the_job_at_once() {
    let failure = failure(&[("mapper", "cat /dev/zero"), ("max_line", "1MiB")]);
    check(&failure, true, &["longer than 1.0 MiB", "max_line"]);
}

#[test]
#[expect(
    clippy::field_reassign_with_default,
    reason = "the counters of a context are private"
)]
fn a_program_that_does_not_call_guard_if_asked_cannot_run_commands() {
    use mapreduce_job::{Job, TaskContext};
    let mut context = TaskContext::default();
    context.params = [("mapper", "cat")].into_iter().collect();
    let error = streaming::job().mapper(&context).err().unwrap();
    assert!(error.is_permanent() && error.to_string().contains("run_guard_if_requested"));
}

//! The table jobs on random tables, compared with an oracle in Python.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use testkit::differential::{Case, Cases};

use crate::sandbox::Sandbox;

/// Runs a case with `mapreduce run`.
fn check(case: &Case) -> Result<(), String> {
    let output = Command::new(env!("CARGO_BIN_EXE_mapreduce"))
        .arg("run")
        .args(&case.args)
        .current_dir(&case.folder)
        .env_clear()
        .output()
        .expect("the binary starts");
    case.verdict(
        output.status.code(),
        &String::from_utf8_lossy(&output.stderr),
    )
}

#[test]
fn random_tables_give_the_results_of_the_oracle() {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("differential-embedded");
    let cases = Cases::write(&root, 0..420);
    let next = AtomicUsize::new(0);
    let failures = || {
        let mut failures = Vec::new();
        while let Some(case) = cases.all().get(next.fetch_add(1, Ordering::Relaxed)) {
            failures.extend(check(case).err());
        }
        failures
    };
    let failures = thread::scope(|scope| {
        let threads = [scope.spawn(failures), scope.spawn(failures)];
        threads
            .map(|thread| thread.join().expect("a thread ends"))
            .concat()
    });
    Cases::assert(&failures);
}

#[test]
fn a_missing_key_cell_of_a_join_is_empty_for_both_comparisons() {
    let sandbox = Sandbox::new();
    sandbox.file("a.csv", "n,id\nx\n");
    sandbox.file("b.csv", "id\n1\n");
    for compare in ["compare=text", "compare=number"] {
        let join = ["a.csv", "b.csv", "--job=join", "--param=kind=left"];
        let keys = ["--param=left.key=id", "--param=right.key=id"];
        let rest = ["--param", compare, "--output=o.ndjson"];
        sandbox.done(&[&join[..], &keys, &rest].concat());
        let expected = "{\"id\":\"\",\"n\":\"x\"}\n";
        assert_eq!(sandbox.text("o.ndjson"), expected, "{compare}");
    }
}

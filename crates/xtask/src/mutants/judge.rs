//! Running the tests that must fail.

use std::process::Output;

use anyhow::{Context, bail, ensure};
use devtools::workspace::package;

use super::killer::Killer;
use super::tree::Tree;

/// Outcome of tests.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All of them passed.
    Passed,
    /// These tests failed by an assertion.
    Failed(Vec<String>),
}

/// Builds and runs the tests of `killer`.
///
/// # Errors
/// The tests cannot be built, not all of them run, or the program ends without a failed assertion.
pub(super) fn judge(tree: &Tree, killer: &Killer) -> anyhow::Result<Verdict> {
    let package = package(killer.folder)?;
    let mut location = vec!["--package", &package];
    match killer.program {
        Some(program) => location.extend(["--test", program]),
        None => location.push("--lib"),
    }
    tree.build(&location)?;
    let mut tests = tree.cargo(&["test", "--quiet"]);
    tests
        .args(&location)
        .args(["--", "--exact", "--test-threads=2"])
        .args(killer.tests);
    read(&tests.output().context("cannot start cargo")?, killer)
}

/// Returns the verdict in the output of a test program.
fn read(output: &Output, killer: &Killer) -> anyhow::Result<Verdict> {
    let text = String::from_utf8_lossy(&output.stdout);
    let ran = format!("running {} test", killer.tests.len());
    ensure!(
        text.contains(&ran),
        "{killer}: not all of these tests ran; check their names in the list of mutations\n{text}"
    );
    if output.status.success() {
        return Ok(Verdict::Passed);
    }
    // The output of each failed test follows its heading and contains the panic.
    let failed = |test: &&&str| {
        let heading = format!("---- {test} stdout ----");
        let output = text.split_once(&heading).map(|(_, output)| output);
        output.is_some_and(|output| output.contains("panicked at"))
    };
    let failed: Vec<_> = killer.tests.iter().filter(failed).collect();
    if failed.is_empty() {
        let log = String::from_utf8_lossy(&output.stderr);
        bail!(
            "{killer}: the program ended with {} although no assertion failed\n{text}\n{log}",
            output.status
        );
    }
    Ok(Verdict::Failed(
        failed.into_iter().map(|test| (*test).to_owned()).collect(),
    ))
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;
    use crate::mutants::killer::Kind;

    const KILLER: Killer = Killer {
        kind: Kind::Tests,
        folder: "store",
        program: None,
        tests: &["a::one", "a::two"],
    };

    fn outcome(code: i32, text: &str) -> anyhow::Result<Verdict> {
        let output = Output {
            status: ExitStatus::from_raw(code << 8),
            stdout: text.into(),
            stderr: Vec::new(),
        };
        read(&output, &KILLER)
    }

    #[test]
    fn only_a_failed_assertion_of_a_named_test_kills() {
        assert_eq!(outcome(0, "running 2 tests\n..").unwrap(), Verdict::Passed);
        let output = "running 2 tests\n---- a::two stdout ----\nthread 'a::two' panicked at x.rs";
        let failed = Verdict::Failed(vec!["a::two".to_owned()]);
        assert_eq!(outcome(101, output).unwrap(), failed);
        outcome(101, "error: could not compile").unwrap_err();
        outcome(0, "running 0 tests").unwrap_err();
        outcome(101, "running 2 tests\nSIGSEGV").unwrap_err();
    }
}

//! Runs the tests that are to fail.

use std::fmt;
use std::process::Output;

use anyhow::{Context, bail, ensure};

use super::tree::Tree;

/// What kind of tests notices a mutation. The first kind is cheap, and is asked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// Tests of a part, or of a cluster.
    Tests,
    /// Hundreds of simulated clusters.
    Simulation,
}

/// Tests that notice a mutation.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Killer {
    pub(super) kind: Kind,
    /// The package the tests are in.
    pub(super) package: &'static str,
    /// The test program; the library's own unit tests if there is none.
    pub(super) program: Option<&'static str>,
    /// The full names of the tests.
    pub(super) tests: &'static [&'static str],
}

/// What tests said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All of them passed.
    Passed,
    /// These failed by an assertion.
    Failed(Vec<String>),
}

impl fmt::Display for Killer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.package, self.tests.join(", "))
    }
}

/// Builds and runs the tests of `killer`.
///
/// # Errors
/// If they cannot be built, if not all of them run, or if the program ends in any other way than by their verdict.
pub(super) fn judge(tree: &Tree, killer: &Killer) -> anyhow::Result<Verdict> {
    let mut place = vec!["--package", killer.package];
    match killer.program {
        Some(program) => place.extend(["--test", program]),
        None => place.push("--lib"),
    }
    tree.build(&place)?;
    let mut tests = tree.cargo(&["test", "--quiet"]);
    tests
        .args(&place)
        .args(["--", "--exact", "--test-threads=2"])
        .args(killer.tests);
    read(&tests.output().context("cannot start cargo")?, killer)
}

fn read(output: &Output, killer: &Killer) -> anyhow::Result<Verdict> {
    let text = String::from_utf8_lossy(&output.stdout);
    let ran = format!("running {} test", killer.tests.len());
    ensure!(
        text.contains(&ran),
        "{killer}: not all of these ran; are their names right?\n{text}"
    );
    if output.status.success() {
        return Ok(Verdict::Passed);
    }
    // Each failed test has a heading, and below it what panicked.
    let failed = |test: &&&str| {
        let heading = format!("---- {test} stdout ----");
        let told = text.split_once(&heading).map(|(_, told)| told);
        told.is_some_and(|told| told.contains("panicked at"))
    };
    let failed: Vec<_> = killer.tests.iter().filter(failed).collect();
    if failed.is_empty() {
        let log = String::from_utf8_lossy(&output.stderr);
        bail!(
            "{killer}: no assertion failed, and yet it ended with {}\n{text}\n{log}",
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

    const KILLER: Killer = Killer {
        kind: Kind::Tests,
        package: "store",
        program: None,
        tests: &["a::one", "a::two"],
    };

    fn said(code: i32, text: &str) -> anyhow::Result<Verdict> {
        let output = Output {
            status: ExitStatus::from_raw(code << 8),
            stdout: text.into(),
            stderr: Vec::new(),
        };
        read(&output, &KILLER)
    }

    #[test]
    fn only_an_assertion_of_a_named_test_kills() {
        assert_eq!(said(0, "running 2 tests\n..").unwrap(), Verdict::Passed);
        let told = "running 2 tests\n---- a::two stdout ----\nthread 'a::two' panicked at x.rs";
        let failed = Verdict::Failed(vec!["a::two".to_owned()]);
        assert_eq!(said(101, told).unwrap(), failed);
        said(101, "error: could not compile").unwrap_err();
        said(0, "running 0 tests").unwrap_err();
        said(101, "running 2 tests\nSIGSEGV").unwrap_err();
    }
}

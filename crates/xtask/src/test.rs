//! `test`: everything from a fresh machine to the sum of all tests.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use anyhow::{Context, bail, ensure};

use testkit::skip::SKIPPED_FILE;

use crate::packages::{ensure_faketime, ensure_redis};
use crate::workspace::{PROGRAMS_ARE_BUILT, call, cargo, describe};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Given to `cargo test`, such as `-- name_of_a_test`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    cargo: Vec<String>,
}

/// What is built in only if asked for, and tested.
const FEATURES: [&str; 2] = ["--features", "cli/parquet,master/parquet,worker/parquet"];

/// Tests at a time: most of them wait for other processes, whatever the machine.
const THREADS: &str = "6";

/// Installs what is missing, builds the binaries that tests start, runs every test, sums up.
///
/// # Errors
/// A failed test or build, something missing that cannot be installed, or no test at all.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    ensure_redis()?;
    ensure_faketime()?;
    // All that is built, at once and with the same features: otherwise half of it would be built twice.
    let mut build = cargo(&["build", "--workspace", "--bins", "--tests", "--examples"]);
    build.args(FEATURES);
    println!("{}", describe(&build));
    call(&mut build)?;

    // Tests that this machine cannot run report themselves in this file.
    let skipped_file = tempfile::NamedTempFile::new().context("cannot create a temporary file")?;
    // One failing test program must not keep the others from running.
    let mut tests = cargo(&["test", "--workspace", "--no-fail-fast"]);
    tests
        .args(FEATURES)
        .args(&args.cargo)
        .env(PROGRAMS_ARE_BUILT, "1")
        .env("RUST_TEST_THREADS", THREADS)
        .env(SKIPPED_FILE, skipped_file.path())
        .stdout(Stdio::piped());
    println!("{}", describe(&tests));
    let mut child = tests.spawn().context("cannot start cargo")?;
    let output = child.stdout.take().context("cargo has no output")?;
    let mut sum = Sum::default();
    for line in BufReader::new(output).split(b'\n') {
        let line = line.context("cannot read the output of cargo test")?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        sum.add(&line);
    }
    let status = child.wait().context("cannot wait for cargo")?;

    let skipped = std::fs::read_to_string(skipped_file.path())
        .context("cannot read the list of skipped tests")?;
    print!("{skipped}");
    println!(
        "tests: {} passed, {} failed, {} skipped",
        sum.passed.saturating_sub(skipped.lines().count() as u64),
        sum.failed,
        skipped.lines().count()
    );
    ensure!(sum.failed == 0, "{} tests failed", sum.failed);
    if !status.success() {
        bail!("cargo test failed: {status}");
    }
    ensure!(sum.passed > 0, "no test ran");
    Ok(())
}

/// Tests over all test programs.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sum {
    passed: u64,
    failed: u64,
}

impl Sum {
    /// Adds a line such as `test result: ok. 3 passed; 0 failed; …`; other lines count nothing.
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        for part in result.split(';') {
            // The first part begins with the verdict: `ok. 3 passed`.
            let mut words = part.split_whitespace().rev();
            let (Some(what), Some(number)) = (words.next(), words.next()) else {
                continue;
            };
            let number: u64 = number.parse().unwrap_or(0);
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_lines_are_summed_and_no_others() {
        let mut sum = Sum::default();
        for line in [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.2s",
            "test words ... FAILED",
            "test result: \u{1b}[31mFAILED\u{1b}[m. 10 passed; 2 failed; 0 ignored; 0 measured",
            "stdout: test result: ok. 9 passed; 0 failed",
            "",
        ] {
            sum.add(line);
        }
        assert_eq!(
            sum,
            Sum {
                passed: 13,
                failed: 2
            }
        );
    }
}

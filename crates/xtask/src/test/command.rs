//! The command `cargo xtask test`.

use anyhow::{Context, bail, ensure};
use devtools::packages::{ensure_faketime, ensure_redis};
use devtools::workspace::{call, cargo, describe};
use testkit::skip::SKIPPED_FILE;

use super::runner::Runner;
use super::test_counts::TestCounts;

/// Arguments of `cargo xtask test`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Arguments of `cargo nextest run` or `cargo test`, such as `-p mapreduce-store` or `-- name_of_a_test`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    cargo: Vec<String>,
}

/// Installs missing tools, builds the programs that tests start, runs the tests and prints their number.
///
/// # Errors
/// A test or a build fails, a tool cannot be installed, or no test ran.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    ensure_redis()?;
    ensure_faketime()?;
    // One build of everything with the same features. Otherwise cargo would build many packages twice.
    let mut build = cargo(&["build", "--workspace", "--bins", "--tests", "--examples"]);
    println!("{}", describe(&build));
    call(&mut build)?;

    // Tests that this machine cannot run report themselves in this file.
    let skipped_file = tempfile::NamedTempFile::new().context("cannot create a temporary file")?;
    let mut counts = TestCounts::default();
    let mut failures = Vec::new();
    for mut tests in Runner::find().commands(&args.cargo) {
        tests.env(SKIPPED_FILE, skipped_file.path());
        if !counts.run(&mut tests)? {
            failures.push(describe(&tests));
        }
    }
    // The last line of the output; `.ci/run` reads it.
    let skipped = std::fs::read_to_string(skipped_file.path())
        .context("cannot read the list of skipped tests")?;
    print!("{skipped}");
    let skipped = skipped.lines().count() as u64;
    println!(
        "tests: {} passed, {} failed, {skipped} skipped",
        counts.passed.saturating_sub(skipped),
        counts.failed
    );
    ensure!(counts.failed == 0, "{} tests failed", counts.failed);
    if !failures.is_empty() {
        bail!(
            "`{}` failed without a failed test",
            failures.join("` and `")
        );
    }
    ensure!(counts.passed > 0, "no test ran");
    Ok(())
}

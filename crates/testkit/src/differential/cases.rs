//! The cases of a test.

use std::env;
use std::fs;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

use super::case::Case;

/// Variable with the number of a case to run instead of the usual ones, or a range such as `1000..2000`.
const CASES: &str = "DIFFERENTIAL_CASES";

/// The cases of a test, with their expected results.
#[derive(Debug)]
pub struct Cases(Vec<Case>);

impl Cases {
    /// Writes the cases with these numbers, or those that `DIFFERENTIAL_CASES` names, to `root`, and computes the expected
    /// results.
    ///
    /// # Panics
    /// Panics if the variable is not valid, or if the oracle fails.
    pub fn write(root: &Path, numbers: Range<u64>) -> Self {
        fs::remove_dir_all(root).ok();
        let cases = numbers_of(numbers).map(|number| Case::write(root, number));
        let cases = Self(cases.collect());
        evaluate(root);
        cases
    }

    /// Returns the cases.
    pub fn all(&self) -> &[Case] {
        &self.0
    }

    /// Checks that all cases are correct.
    ///
    /// # Panics
    /// Panics with the first wrong cases.
    pub fn assert(failures: &[String]) {
        let shown: Vec<_> = failures.iter().take(10).map(String::as_str).collect();
        assert!(
            failures.is_empty(),
            "{} cases are wrong; run one of them with {CASES}=NUMBER\n{}",
            failures.len(),
            shown.join("\n")
        );
    }
}

fn numbers_of(usual: Range<u64>) -> Range<u64> {
    let Ok(text) = env::var(CASES) else {
        return usual;
    };
    let number = |text: &str| {
        text.parse::<u64>()
            .unwrap_or_else(|_| panic!("{CASES}={text} is not a number or a range"))
    };
    match text.split_once("..") {
        Some((start, end)) => number(start)..number(end),
        None => number(&text)..number(&text) + 1,
    }
}

/// Runs the oracle.
fn evaluate(root: &Path) {
    let oracle = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/differential/oracle/main.py");
    let output = Command::new("python3")
        .arg("-B")
        .arg(oracle)
        .arg(root)
        .output()
        .unwrap_or_else(|error| {
            panic!("python3: {error}; install it with: apt-get install -y python3")
        });
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the oracle fails: {stderr}");
}

//! Number of passed and failed tests in the output of test runners.

use std::io::{BufRead, BufReader, Read, pipe};
use std::process::Command;

use anyhow::Context;
use devtools::workspace::describe;

/// Number of passed and failed tests over all test programs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct TestCounts {
    pub(super) passed: u64,
    pub(super) failed: u64,
}

impl TestCounts {
    /// Runs a command, prints its output and adds its tests. Returns whether the command succeeded.
    ///
    /// # Errors
    /// The command cannot be started.
    pub(super) fn run(&mut self, command: &mut Command) -> anyhow::Result<bool> {
        let line = describe(command);
        println!("{line}");
        // One pipe for both outputs, because nextest reports on standard error and cargo test on standard output.
        let (reader, writer) = pipe().context("cannot create a pipe")?;
        let spawned = command
            .stdout(writer.try_clone()?)
            .stderr(writer)
            .spawn()
            .with_context(|| format!("cannot start `{line}`"));
        // The command holds the writing ends of the pipe, which would keep the reader from its end.
        command.stdout(std::process::Stdio::null());
        command.stderr(std::process::Stdio::null());
        let mut child = spawned?;
        self.read(reader)?;
        let status = child.wait();
        Ok(status
            .with_context(|| format!("cannot wait for `{line}`"))?
            .success())
    }

    /// Prints the lines of an output and adds their tests.
    fn read(&mut self, output: impl Read) -> anyhow::Result<()> {
        for line in BufReader::new(output).split(b'\n') {
            let line = line.context("cannot read the output of the tests")?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            self.add(&line);
        }
        Ok(())
    }

    /// Adds the tests of a summary line. Other lines add nothing.
    ///
    /// `cargo test` prints `test result: ok. 3 passed; 0 failed; …` for each program. nextest prints
    /// `Summary [ 0.2s] 3 tests run: 2 passed (1 slow), 1 failed, 0 skipped` once.
    fn add(&mut self, line: &str) {
        let nextest = || {
            let rest = line.trim_start().strip_prefix("Summary [")?;
            Some(rest.split_once("run: ")?.1)
        };
        let Some(result) = line.strip_prefix("test result: ").or_else(nextest) else {
            return;
        };
        for part in result.split([';', ',']) {
            // Part of the form `ok. 3 passed`, `3 passed (1 slow)` or `1 timed out`.
            let part = part.split('(').next().unwrap_or(part);
            let words: Vec<_> = part.split_whitespace().collect();
            let Some(at) = words.iter().position(|word| word.parse::<u64>().is_ok()) else {
                continue;
            };
            let number: u64 = words[at].parse().unwrap_or(0);
            match words[at + 1..].join(" ").as_str() {
                "passed" => self.passed += number,
                "failed" | "exec failed" | "timed out" => self.failed += number,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(lines: &[&str], passed: u64, failed: u64) {
        let mut counts = TestCounts::default();
        lines.iter().for_each(|line| counts.add(line));
        assert_eq!(counts, TestCounts { passed, failed }, "{lines:?}");
    }

    #[test]
    fn results_of_cargo_test_are_added_up() {
        check(
            &[
                "running 3 tests",
                "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.2s",
                "test words ... FAILED",
                "test result: \u{1b}[31mFAILED\u{1b}[m. 10 passed; 2 failed; 0 ignored; 0 measured",
                "stdout: test result: ok. 9 passed; 0 failed",
                "",
            ],
            13,
            2,
        );
    }

    #[test]
    fn the_summary_of_nextest_is_added() {
        check(
            &["     Summary [  27.7s] 22 tests run: 22 passed, 0 skipped"],
            22,
            0,
        );
        check(
            &[
                "     Summary [  27.7s] 9/12 tests run: 5 passed (1 slow), 2 failed, 1 exec failed, 1 timed out, 4 skipped",
            ],
            5,
            4,
        );
    }

    #[test]
    fn the_output_of_a_command_is_read_to_its_end() {
        let mut counts = TestCounts::default();
        let script = "echo 'test result: ok. 2 passed; 1 failed' >&2; exit 3";
        let succeeded = counts.run(Command::new("sh").args(["-c", script])).unwrap();
        assert!(!succeeded);
        assert_eq!(
            counts,
            TestCounts {
                passed: 2,
                failed: 1
            }
        );
    }
}

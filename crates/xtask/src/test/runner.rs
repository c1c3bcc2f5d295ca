//! The programs that run tests.

use std::process::{Command, Stdio};

use devtools::workspace::cargo;
use testkit::PROGRAMS_ARE_BUILT;

/// Tests that run at the same time under `cargo test`, as in `.config/nextest.toml`. Most tests wait for other
/// processes, so the number does not depend on the cores.
const THREADS: &str = "6";

/// The program that runs tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Runner {
    /// cargo-nextest, which ends a test that hangs. It does not run documentation tests.
    Nextest,
    /// `cargo test`, which needs no installation.
    CargoTest,
}

impl Runner {
    /// Returns cargo-nextest if it is installed.
    pub(super) fn find() -> Self {
        let mut version = cargo(&["nextest", "--version"]);
        version.stdout(Stdio::null()).stderr(Stdio::null());
        if version.status().is_ok_and(|status| status.success()) {
            return Self::Nextest;
        }
        println!(
            "cargo-nextest is not installed; running `cargo test`, which does not end a test that hangs \
             (install: cargo install --locked cargo-nextest)"
        );
        Self::CargoTest
    }

    /// Returns the commands that run all tests. One failing test program does not stop the others.
    pub(super) fn commands(self, args: &[String]) -> Vec<Command> {
        let mut commands = Vec::new();
        match self {
            Self::Nextest => {
                commands.push(cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]));
                // The arguments select tests by name or program, and documentation tests have neither.
                if args.is_empty() {
                    commands.push(cargo(&["test", "--workspace", "--doc", "--no-fail-fast"]));
                }
            }
            Self::CargoTest => commands.push(cargo(&["test", "--workspace", "--no-fail-fast"])),
        }
        for command in &mut commands {
            command
                .args(args)
                .env(PROGRAMS_ARE_BUILT, "1")
                .env("RUST_TEST_THREADS", THREADS);
        }
        commands
    }
}

#[cfg(test)]
mod tests {
    use devtools::workspace::describe;

    use super::*;

    #[test]
    fn nextest_runs_documentation_tests_unless_tests_are_selected() {
        let lines = |args: &[String]| -> Vec<String> {
            let commands = Runner::Nextest.commands(args);
            commands.iter().map(describe).collect()
        };
        let all = lines(&[]);
        assert_eq!(all.len(), 2);
        assert!(all[0].contains("nextest run"), "{all:?}");
        assert!(all[1].contains("--doc"), "{all:?}");
        let selected = lines(&["-p".to_owned(), "store".to_owned()]);
        assert_eq!(selected.len(), 1);
        assert!(selected[0].ends_with("-p store"), "{selected:?}");
    }
}

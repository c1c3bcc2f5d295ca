//! Exit codes, and the last message of a process.

use std::fmt::Display;
use std::process::ExitCode;

/// Declares the exit codes: each once, with its number and its meaning.
macro_rules! exit_codes {
    ($(#[doc = $meaning:literal] $name:ident = $code:literal,)+) => {
        /// Exit code of a process. The numbers from 64 to 78 are those of `sysexits.h`.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Exit {
            $(#[doc = $meaning] $name = $code,)+
        }

        impl Exit {
            /// All exit codes in ascending order.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// Returns the meaning as a sentence, for the reference.
            pub fn meaning(self) -> &'static str {
                match self {
                    $(Self::$name => $meaning.trim_ascii(),)+
                }
            }
        }
    };
}

exit_codes! {
    /// The program succeeded; the result of a job is published.
    Done = 0,
    /// The job failed; the last line on stderr contains the reason.
    JobFailed = 1,
    /// A setting or an argument is wrong; the message names it.
    BadSettings = 64,
    /// Input is missing or cannot be read.
    NoInput = 66,
    /// Redis did not answer within `redis.deadline`, or it cannot be used.
    NoRedis = 69,
    /// The output cannot be written.
    CannotWrite = 73,
    /// Ctrl-C, SIGINT or SIGTERM interrupted the program; on a cluster, the same command resumes the job.
    Interrupted = 130,
}

impl Exit {
    /// Returns the exit code that the parent process receives.
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// Renders all exit codes as a page of Markdown, `docs/reference/exit-codes.md`.
pub fn markdown() -> String {
    let rows: String = Exit::ALL
        .iter()
        .map(|exit| format!("| {} | {} |\n", exit.code(), exit.meaning()))
        .collect();
    format!("{INTRODUCTION}\n| code | meaning |\n|---|---|\n{rows}{NOTES}")
}

/// Introduction of the page.
const INTRODUCTION: &str = "\
# Exit codes

<!-- Generated from crates/settings; a test compares it. Rewrite it with `UPDATE_REFERENCE=1 cargo test -p mapreduce-settings`. -->

`mapreduce`, `master` and `worker` end with the same codes. A program that fails prints a line `error: …` on stderr last.
";

/// End of the page.
const NOTES: &str = "
A worker that receives SIGINT or SIGTERM finishes its task or returns it, and ends with 0. A second signal ends any
program at once with 130. A [deliberate crash](settings.md#crash-deliberate-crashes) ends a
process with 137, the code of a process that SIGKILL killed.
";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Prints `error: …` on stderr and returns the code to return from `main`.
///
/// An error is printed in its alternate form (`{:#}`), which contains the causes of an `anyhow::Error`.
#[expect(
    clippy::print_stderr,
    reason = "an error may occur before the log is set up"
)]
pub fn fail(exit: Exit, error: &dyn Display) -> ExitCode {
    eprintln!("error: {error:#}");
    exit.into()
}

/// Parses the command line.
///
/// # Errors
/// The exit code to return from `main`: [`Exit::Done`] after `--help` and `--version`, and [`Exit::BadSettings`] after
/// wrong usage, where clap alone would exit with 2. The help or the error is printed.
pub fn parse_arguments<P: clap::Parser>() -> Result<P, ExitCode> {
    P::try_parse().map_err(|error| {
        // Printing fails if the reader has closed the pipe; the exit code still reports the result.
        drop(error.print());
        usage(&error).into()
    })
}

fn usage(error: &clap::Error) -> Exit {
    if error.use_stderr() {
        Exit::BadSettings
    } else {
        Exit::Done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_that_scripts_rely_on() {
        let all = [
            (Exit::Done, 0),
            (Exit::JobFailed, 1),
            (Exit::BadSettings, 64),
            (Exit::NoInput, 66),
            (Exit::NoRedis, 69),
            (Exit::CannotWrite, 73),
            (Exit::Interrupted, 130),
        ];
        for (exit, code) in all {
            assert_eq!(exit.code(), code, "{exit:?}");
        }
        assert_eq!(all.map(|(exit, _)| exit), Exit::ALL);
    }

    #[test]
    fn wrong_usage_is_a_bad_setting_and_help_is_a_success() {
        let of = |argument: &str| {
            let error = clap::Command::new("x")
                .try_get_matches_from(["x", argument])
                .unwrap_err();
            usage(&error)
        };
        assert_eq!(of("--help"), Exit::Done);
        assert_eq!(of("--no-such-flag"), Exit::BadSettings);
    }
}

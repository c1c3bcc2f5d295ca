//! Exit codes, and how a process says why it ends.

use std::fmt::Display;
use std::process::ExitCode;

/// How a process ends. The numbers from 64 on are those of `sysexits.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Exit {
    /// The job is done and its result is published.
    Done = 0,
    /// The job failed; the last line on stderr says why.
    JobFailed = 1,
    /// A setting or an argument is wrong; the message names it.
    BadSettings = 64,
    /// Input is missing or cannot be read.
    NoInput = 66,
    /// Redis could not be reached within `redis.deadline`, or cannot be used.
    NoRedis = 69,
    /// The output cannot be written.
    CannotWrite = 73,
    /// SIGINT or SIGTERM came before the end.
    Interrupted = 130,
}

impl Exit {
    /// The number that the parent process sees.
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Prints `error: …` on stderr and answers the code to leave `main` with.
///
/// For errors that may come before logging is set up; an error with causes is printed with them if
/// its alternate form (`{:#}`) has them, as that of `anyhow` does.
#[expect(
    clippy::print_stderr,
    reason = "the last word of a process that may have no log yet"
)]
pub fn fail(exit: Exit, error: &dyn Display) -> ExitCode {
    eprintln!("error: {error:#}");
    exit.into()
}

/// Parses the command line; if there is nothing more to do, answers the code to leave `main` with.
///
/// # Errors
/// After `--help` and `--version`, which are printed, with [`Exit::Done`]; after wrong usage, which is
/// explained on stderr, with [`Exit::BadSettings`] (clap itself would exit with 2).
pub fn parse_arguments<P: clap::Parser>() -> Result<P, ExitCode> {
    P::try_parse().map_err(|error| {
        // Printing fails only when nobody reads; the code still tells.
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
    }

    #[test]
    fn wrong_usage_is_a_bad_setting_and_help_is_none() {
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

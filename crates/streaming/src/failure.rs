//! Error messages about commands.

use std::fmt;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use mapreduce_core::JobError;

/// Exit code of the shell for a program that cannot be executed.
const NOT_EXECUTABLE: i32 = 126;
/// Exit code of the shell for a missing program.
const NOT_FOUND: i32 = 127;

/// Number that a shell adds to the signal that ended a program.
const SIGNAL_OFFSET: i32 = 128;

/// Role and text of a command, for messages.
#[derive(Debug, Clone)]
pub(crate) struct CommandName {
    /// Role in the job, such as `mapper`.
    pub(crate) role: &'static str,
    /// Text of the command.
    pub(crate) command: String,
}

impl fmt::Display for CommandName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} `{}`", self.role, self.command)
    }
}

impl CommandName {
    /// Checks the exit status. `stderr` is the end of the command's stderr, and `work` its working directory.
    ///
    /// # Errors
    /// Fails unless the command exited with 0.
    pub(crate) fn check_status(
        &self,
        status: ExitStatus,
        stderr: &str,
        work: &Path,
    ) -> Result<(), JobError> {
        let stderr = match stderr.trim() {
            "" => "; its stderr is empty".to_owned(),
            text => format!("; the end of its stderr:\n{text}"),
        };
        match status.code() {
            Some(0) => Ok(()),
            Some(code @ (NOT_EXECUTABLE | NOT_FOUND)) => {
                let cause = self.cause_of_failed_start(code, work);
                Err(JobError::permanent(format!(
                    "cannot run {self} (exit code {code}): {cause}{stderr}"
                )))
            }
            Some(code) if code > SIGNAL_OFFSET && code < SIGNAL_OFFSET + 65 => {
                let signal = code - SIGNAL_OFFSET;
                let meaning = signal_meaning(signal);
                Err(JobError::new(format!(
                    "{self} ended with exit code {code}: signal {signal}{meaning}{stderr}"
                )))
            }
            Some(code) => Err(JobError::new(format!(
                "{self} ended with exit code {code}{stderr}"
            ))),
            None => Err(JobError::new(format!(
                "the guard process of {self} was killed ({status}){stderr}"
            ))),
        }
    }

    /// Returns the error of a command that was idle for too long.
    pub(crate) fn timed_out(&self, timeout: Duration, stderr: &str) -> JobError {
        let timeout = humantime::format_duration(timeout);
        let stderr = match stderr.trim() {
            "" => String::new(),
            text => format!("; the end of its stderr:\n{text}"),
        };
        JobError::stalled(format!(
            "{self} was killed because it neither read nor wrote for {timeout} (text on stderr does not count); if it needs more time, raise the parameter timeout{stderr}"
        ))
    }

    /// Returns the error of a command that wrote a line longer than `limit` bytes.
    pub(crate) fn line_too_long(&self, limit: usize) -> JobError {
        JobError::permanent(format!(
            "{self} wrote a line longer than {}; raise the parameter max_line",
            bytesize::ByteSize::b(limit as u64)
        ))
    }

    fn cause_of_failed_start(&self, code: i32, work: &Path) -> String {
        let program = first_word(&self.command);
        let Some(path) = find(program, work) else {
            return format!(
                "program {program:?} not found on this machine; ship it with --files, or install it on all machines with workers"
            );
        };
        let executable = path
            .metadata()
            .is_ok_and(|meta| meta.permissions().mode() & 0o111 != 0);
        if !executable {
            return format!(
                "{program} is not executable; run `chmod +x {program}`, or name its interpreter, such as `python3 {program}`"
            );
        }
        match interpreter(&path) {
            Some(interpreter) if interpreter.ends_with('\r') => {
                format!("{program} has Windows line endings; save it with Unix line endings")
            }
            Some(interpreter) => format!(
                "cannot find the program in the first line of {program}, `#!{interpreter}`; install it on all machines with workers"
            ),
            None if code == NOT_EXECUTABLE => format!(
                "{program} is not a program for this machine; build it for this machine, or add a first line with `#!` to a script"
            ),
            None => format!(
                "{program} exists, but a program that it runs is missing; install that program on all machines with workers"
            ),
        }
    }
}

fn signal_meaning(signal: i32) -> &'static str {
    match signal {
        6 => ", abort",
        9 => ", killed; this machine may lack memory",
        11 => ", invalid memory access; the parameter memory may be too low",
        13 => ", the program that reads its output has ended",
        15 => ", terminated",
        24 => ", it exceeded its CPU time limit",
        _ => "",
    }
}

/// Returns the program of a command. This is a guess without the shell's grammar: it skips variables that are set
/// before the program, and removes quotes.
fn first_word(command: &str) -> &str {
    let mut words = command.split_ascii_whitespace();
    let variable = |word: &str| {
        word.split_once('=')
            .is_some_and(|(name, _)| !name.contains('/'))
    };
    let word = words.find(|word| !variable(word));
    let word = word.unwrap_or(command);
    word.trim_matches(|c| matches!(c, '"' | '\'' | ';' | '|' | '&' | '(' | ')'))
}

fn find(program: &str, work: &Path) -> Option<PathBuf> {
    let file = |path: PathBuf| path.is_file().then_some(path);
    if program.contains('/') {
        return file(work.join(program));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path);
    std::iter::once(work.to_path_buf())
        .chain(folders)
        .find_map(|folder| file(folder.join(program)))
}

/// Returns the text after `#!` in the first line.
fn interpreter(path: &Path) -> Option<String> {
    let mut start = Vec::new();
    let file = std::fs::File::open(path).ok()?;
    file.take(200).read_to_end(&mut start).ok()?;
    let line = start.split(|byte| *byte == b'\n').next()?;
    let text = line.strip_prefix(b"#!")?;
    Some(String::from_utf8_lossy(text).into_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn the_program_of_a_command_is_its_first_word() {
        for (command, program) in [
            ("cat", "cat"),
            ("  wc -l | sort", "wc"),
            ("LC_ALL=C sort", "sort"),
            ("'mapper.py' x=1", "mapper.py"),
            ("./a/b=c", "./a/b=c"),
        ] {
            assert_eq!(first_word(command), program, "{command}");
        }
    }

    fn check(code: i32, stderr: &str) -> Result<(), JobError> {
        let name = CommandName {
            role: "mapper",
            command: "no-such-program -x".to_owned(),
        };
        name.check_status(ExitStatus::from_raw(code << 8), stderr, Path::new("/"))
    }

    #[test]
    fn errors_contain_the_exit_code_and_the_end_of_stderr() {
        check(0, "").unwrap();
        for (code, is_permanent, expected) in [
            (1, false, "exit code 1"),
            (137, false, "signal 9, killed"),
            (127, true, "--files"),
        ] {
            let error = check(code, "oops").unwrap_err();
            assert_eq!(error.is_permanent(), is_permanent);
            let text = error.to_string();
            for part in [expected, "the mapper `no-such-program -x`", "oops"] {
                assert!(text.contains(part), "{text}");
            }
        }
    }
}

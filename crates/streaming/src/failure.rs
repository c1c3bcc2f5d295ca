//! How a command ended, in words.

use std::fmt;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use mapreduce::job::JobError;

/// What the shell says of a program that cannot be run, and of one that is not there.
const NOT_RUN: i32 = 126;
const NOT_FOUND: i32 = 127;

/// What a shell adds to the number of the signal that ended a program.
const SIGNALLED: i32 = 128;

/// Which command it is about.
#[derive(Debug, Clone)]
pub(crate) struct Name {
    /// What it is to the job: `mapper`, …
    pub(crate) role: &'static str,
    /// Its text.
    pub(crate) command: String,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} `{}`", self.role, self.command)
    }
}

impl Name {
    /// Whether it ended well. `tail` is what it said last, `work` the folder it ran in.
    ///
    /// # Errors
    /// It did not; with the exit code and `tail`.
    pub(crate) fn judge(
        &self,
        status: ExitStatus,
        tail: &str,
        work: &Path,
    ) -> Result<(), JobError> {
        let said = match tail.trim() {
            "" => "; it said nothing on stderr".to_owned(),
            tail => format!("; the end of its stderr:\n{tail}"),
        };
        match status.code() {
            Some(0) => Ok(()),
            Some(code @ (NOT_RUN | NOT_FOUND)) => {
                let why = self.why_not_run(code, work);
                Err(JobError::hopeless(format!(
                    "{self} cannot be run (exit code {code}): {why}{said}"
                )))
            }
            Some(code) if code > SIGNALLED && code < SIGNALLED + 65 => {
                let signal = code - SIGNALLED;
                let hint = hint(signal);
                Err(JobError::new(format!(
                    "{self} ended with exit code {code}: signal {signal}{hint}{said}"
                )))
            }
            Some(code) => Err(JobError::new(format!(
                "{self} ended with exit code {code}{said}"
            ))),
            None => Err(JobError::new(format!(
                "what watches over {self} was killed ({status}){said}"
            ))),
        }
    }

    /// It has done nothing for so long.
    pub(crate) fn stalled(&self, timeout: Duration, tail: &str) -> JobError {
        let timeout = humantime::format_duration(timeout);
        let said = match tail.trim() {
            "" => String::new(),
            tail => format!("; the end of its stderr:\n{tail}"),
        };
        JobError::stalled(format!(
            "{self} neither read nor wrote for {timeout} (text on stderr does not count) and was killed; raise the parameter timeout if it needs longer{said}"
        ))
    }

    /// It wrote a line that is too long.
    pub(crate) fn line_too_long(&self, limit: usize) -> JobError {
        JobError::hopeless(format!(
            "{self} wrote a line longer than {}; raise the parameter max_line",
            bytesize::ByteSize::b(limit as u64)
        ))
    }

    fn why_not_run(&self, code: i32, work: &Path) -> String {
        let first = first_word(&self.command);
        let Some(path) = find(first, work) else {
            return format!(
                "there is no {first:?} on this machine; ship it with --files, or install it on every machine with a worker"
            );
        };
        let executable = path
            .metadata()
            .is_ok_and(|meta| meta.permissions().mode() & 0o111 != 0);
        if !executable {
            return format!(
                "{first} has no run bit; chmod +x it, or name what runs it, such as `python3 {first}`"
            );
        }
        match interpreter(&path) {
            Some(interpreter) if interpreter.ends_with('\r') => {
                format!("the first line of {first} ends as on Windows; save it with Unix line ends")
            }
            Some(interpreter) => format!(
                "{first} is there: see whether its first line, `#!{interpreter}`, names a program of this machine"
            ),
            None if code == NOT_RUN => {
                format!(
                    "{first} is no program of this machine, and no script with `#!` in its first line"
                )
            }
            None => format!("{first} is there: see which program it runs is not"),
        }
    }
}

fn hint(signal: i32) -> &'static str {
    match signal {
        6 => ", it gave itself up",
        9 => ", killed; perhaps this machine has too little memory for it",
        11 => ", it touched memory that is not its own; perhaps the parameter memory is too low",
        13 => ", nobody read what it wrote",
        15 => ", it was asked to end",
        24 => ", it used its time of the processor",
        _ => "",
    }
}

/// The program of a command, as far as can be told without a shell: variables may be set before it.
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
    let there = |path: PathBuf| path.is_file().then_some(path);
    if program.contains('/') {
        return there(work.join(program));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path);
    std::iter::once(work.to_path_buf())
        .chain(folders)
        .find_map(|folder| there(folder.join(program)))
}

/// What follows `#!` in the first line.
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

    fn judged(code: i32, tail: &str) -> Result<(), JobError> {
        let name = Name {
            role: "mapper",
            command: "no-such-program -x".to_owned(),
        };
        name.judge(ExitStatus::from_raw(code << 8), tail, Path::new("/"))
    }

    #[test]
    fn exit_codes_are_told_with_what_was_said() {
        judged(0, "").unwrap();
        for (code, is_final, expected) in [
            (1, false, "exit code 1"),
            (137, false, "signal 9, killed"),
            (127, true, "--files"),
        ] {
            let error = judged(code, "oops").unwrap_err();
            assert_eq!(error.is_final(), is_final);
            let text = error.to_string();
            for part in [expected, "the mapper `no-such-program -x`", "oops"] {
                assert!(text.contains(part), "{text}");
            }
        }
    }
}

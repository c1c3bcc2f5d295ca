//! Names of part files and of their folders, shared by workers and the master.
//!
//! ```text
//! counts/part-00000.json, _SUCCESS                           output
//! .counts.parts/job-<job>.<plan>/part-00000.<attempt>        files of attempts, written by workers
//! .counts.parts/done-<job>.<plan>/part-00000.json, _SUCCESS  files of committed attempts, moved by the master
//! .counts.parts/replaced/                                    old output during its replacement
//! ```
//! A hidden folder next to the output contains all files that are not part of the output yet. Its name derives from
//! the output, so files of different outputs never mix, whatever the names of jobs and outputs are.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use mapreduce_core::OutputFormat;
use mapreduce_core::{JobId, PlanHash};

/// Name of the marker file of a complete output.
pub const SUCCESS_MARKER: &str = "_SUCCESS";
/// Maximum length of the name of an attempt, in bytes. File names have at most 255 bytes, including the part number.
const MAX_ATTEMPT_LEN: usize = 200;

/// Returns the hidden folder for the unfinished files of `output`. It is a sibling of the output, so that a rename can
/// move files into place.
pub fn work_folder(output: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(output.file_name().unwrap_or_default());
    name.push(".parts");
    output.with_file_name(name)
}

/// Returns the folder for the part files of attempts of `job`.
pub fn attempts_folder(work: &Path, job: &JobId, plan: PlanHash) -> PathBuf {
    work.join(format!("job-{job}.{plan}"))
}

/// Returns the folder for the part files of committed attempts.
pub fn done_folder(work: &Path, job: &JobId, plan: PlanHash) -> PathBuf {
    work.join(format!("done-{job}.{plan}"))
}

/// Returns the folder for the old output during its replacement.
pub fn replaced_folder(work: &Path) -> PathBuf {
    work.join("replaced")
}

/// Returns the name of the part file of an attempt.
pub fn attempt_name(partition: u32, attempt: &str) -> String {
    format!("part-{partition:05}.{attempt}")
}

/// Returns true if `attempt`, which may come from another program, is safe as part of a file name.
pub fn is_safe_attempt(attempt: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    !attempt.is_empty() && attempt.len() <= MAX_ATTEMPT_LEN && attempt.bytes().all(allowed)
}

/// Returns the name of the part file of `partition` in the output.
pub fn final_name(partition: u32, format: OutputFormat) -> String {
    format!("part-{partition:05}.{}", format.name())
}

/// Returns true if `name` is that of a file of an output: a part file in any format, or the marker file.
pub fn is_output_file(name: &str) -> bool {
    let part = name.strip_prefix("part-").and_then(|rest| {
        let (number, ending) = rest.split_once('.')?;
        let number = number.len() >= 5 && number.bytes().all(|byte| byte.is_ascii_digit());
        Some(number && OutputFormat::ALL.iter().any(|(word, _)| *word == ending))
    });
    name == SUCCESS_MARKER || part == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_output_files_are_recognized() {
        for (_, format) in OutputFormat::ALL {
            for partition in [0, 4095, 123_456] {
                assert!(is_output_file(&final_name(partition, format)));
            }
        }
        assert!(is_output_file(SUCCESS_MARKER));
        for other in [
            "notes.txt",
            "part-00000",
            "part-0.json",
            "part-0000x.json",
            "part-00000.json.bak",
            "part-00000.1-5.1.ab",
            ".part-00000.json.crc",
            "",
        ] {
            assert!(!is_output_file(other), "{other:?}");
        }
    }

    #[test]
    fn only_safe_attempt_names_are_accepted() {
        assert!(is_safe_attempt("1-5.1.00ff") && is_safe_attempt(".."));
        assert_eq!(attempt_name(7, "1-5.1.00ff"), "part-00007.1-5.1.00ff");
        for other in ["", "a/b", "/../x", "a b", "a\0", "é", &"x".repeat(201)] {
            assert!(!is_safe_attempt(other), "{other:?}");
        }
    }

    #[test]
    fn the_hidden_folder_is_a_sibling_of_the_output() {
        for (output, work) in [
            ("out/counts", "out/.counts.parts"),
            ("out/counts/", "out/.counts.parts"),
            ("counts", ".counts.parts"),
            ("/x/a.json", "/x/.a.json.parts"),
        ] {
            assert_eq!(work_folder(Path::new(output)), Path::new(work), "{output}");
        }
        let job = JobId::new("..").unwrap();
        let folder = attempts_folder(Path::new("w"), &job, PlanHash(1));
        assert!(
            folder.starts_with("w") && folder.file_name().is_some(),
            "{folder:?}"
        );
    }
}

//! Names of part files and of the folders that they go through, which workers and the master agree on.
//!
//! ```text
//! counts/part-00000.json, _SUCCESS                   the output
//! .counts.parts/job-<job>.<plan>/part-00000.<attempt>        written by workers
//! .counts.parts/done-<job>.<plan>/part-00000.json, _SUCCESS  those that count, put there by the master
//! .counts.parts/replaced/                                    the older output, for a moment
//! ```
//! One hidden folder beside the output holds all that is not the result yet, so what is in it belongs to
//! that output and to no other, whatever jobs and outputs are called.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use mapreduce_core::OutputFormat;
use mapreduce_core::{JobId, PlanHash};

/// The file that tells that a folder holds a whole result.
pub const SUCCESS: &str = "_SUCCESS";
/// Longest name of an attempt: file names end at 255 bytes, and the part's number needs some.
const LONGEST_ATTEMPT: usize = 200;

/// The hidden folder beside `output`, with no other use.
pub fn work_folder(output: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(output.file_name().unwrap_or_default());
    name.push(".parts");
    output.with_file_name(name)
}

/// Where the attempts of `job` write.
pub fn attempts_folder(work: &Path, job: &JobId, plan: PlanHash) -> PathBuf {
    work.join(format!("job-{job}.{plan}"))
}

/// Where the master puts what counts.
pub fn done_folder(work: &Path, job: &JobId, plan: PlanHash) -> PathBuf {
    work.join(format!("done-{job}.{plan}"))
}

/// Where the older output is while the new one takes its place.
pub fn replaced_folder(work: &Path) -> PathBuf {
    work.join("replaced")
}

/// The file of an attempt at `partition`.
pub fn attempt_name(partition: u32, attempt: &str) -> String {
    format!("part-{partition:05}.{attempt}")
}

/// Whether an attempt that others may have named is a safe part of a file's name.
pub fn is_safe(attempt: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
    !attempt.is_empty() && attempt.len() <= LONGEST_ATTEMPT && attempt.bytes().all(allowed)
}

/// The file of `partition` in the result.
pub fn name(partition: u32, format: OutputFormat) -> String {
    format!("part-{partition:05}.{}", format.word())
}

/// Whether a file of this name is part of a result that we write: a part in any layout, or the mark.
pub fn is_ours(name: &str) -> bool {
    let part = name.strip_prefix("part-").and_then(|rest| {
        let (number, ending) = rest.split_once('.')?;
        let number = number.len() >= 5 && number.bytes().all(|byte| byte.is_ascii_digit());
        Some(number && OutputFormat::ALL.iter().any(|(word, _)| *word == ending))
    });
    name == SUCCESS || part == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_that_we_give_are_ours() {
        for (_, format) in OutputFormat::ALL {
            for partition in [0, 4095, 123_456] {
                assert!(is_ours(&name(partition, format)));
            }
        }
        assert!(is_ours(SUCCESS));
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
            assert!(!is_ours(other), "{other:?}");
        }
    }

    #[test]
    fn only_safe_attempts_name_files() {
        assert!(is_safe("1-5.1.00ff") && is_safe(".."));
        assert_eq!(attempt_name(7, "1-5.1.00ff"), "part-00007.1-5.1.00ff");
        for other in ["", "a/b", "/../x", "a b", "a\0", "é", &"x".repeat(201)] {
            assert!(!is_safe(other), "{other:?}");
        }
    }

    #[test]
    fn the_hidden_folder_lies_beside_the_output() {
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

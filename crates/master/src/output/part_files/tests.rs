//! Part files at each step, from the attempts to the published folder.

use std::fs;
use std::path::Path;

use mapreduce_core::OutputFormat;
use mapreduce_core::{JobId, PlanHash};
use mapreduce_formats::output::{ResultTotals, part_file_names};
use settings::CrashPlan;
use store::{JobRef, StoredOutput};

use super::folder::PartFilesFolder;
use crate::core::LostPartition;
use crate::output::error::OutputError;
use crate::output::file::OutputFile;

/// A temporary folder for the output of a job with two reduce tasks.
struct OutputPlace(tempfile::TempDir);

impl OutputPlace {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn output(&self) -> std::path::PathBuf {
        self.0.path().join("counts")
    }

    fn prepare(&self) -> Result<PartFilesFolder, OutputError> {
        PartFilesFolder::prepare(&self.output(), OutputFormat::Tsv, true)
    }

    fn names(&self, folder: &str) -> Vec<String> {
        names(&self.0.path().join(folder))
    }

    /// Writes, gathers and publishes a result of `job`.
    fn result(&self, job: &JobRef, texts: [&str; 2]) {
        let folder = self.prepare().unwrap();
        folder.begin(job).unwrap();
        let outputs = written(&folder, job, texts);
        gather(&folder, job, &outputs).unwrap();
        folder.publish(job, &CrashPlan::default()).unwrap();
    }

    fn texts(&self) -> Vec<String> {
        let parts = names(&self.output());
        let parts = parts
            .iter()
            .filter(|name| *name != part_file_names::SUCCESS_MARKER);
        parts
            .map(|name| fs::read_to_string(self.output().join(name)).unwrap())
            .collect()
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn job(plan: u128) -> JobRef {
    let id = JobId::new("j").unwrap();
    let plan = PlanHash(plan);
    JobRef { id, plan }
}

/// Writes the part files of two committed attempts, and of one that is not committed.
fn written(folder: &PartFilesFolder, job: &JobRef, texts: [&str; 2]) -> Vec<StoredOutput> {
    let attempts = folder.attempts(job);
    fs::write(attempts.join("part-00000.other"), "half").unwrap();
    let write = |(partition, text): (u32, &str)| {
        let attempt = format!("1-{partition}.1.x");
        let path = attempts.join(part_file_names::attempt_name(partition, &attempt));
        fs::write(path, text).unwrap();
        let bytes = text.len() as u64;
        let (records, sum) = (1, 5);
        StoredOutput {
            attempt,
            bytes,
            records,
            sum,
        }
    };
    (0..).zip(texts).map(write).collect()
}

fn gather(
    folder: &PartFilesFolder,
    job: &JobRef,
    outputs: &[StoredOutput],
) -> Result<ResultTotals, Vec<LostPartition>> {
    let crash = CrashPlan::default();
    match folder.gather(job, 7, outputs, &crash) {
        Ok(written) => Ok(written),
        Err(OutputError::PartitionsLost(lost)) => Err(lost),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn committed_part_files_become_the_output_and_all_others_are_removed() {
    let place = OutputPlace::new();
    place.result(&job(1), ["a", "bb"]);
    assert_eq!(place.names(""), ["counts"]);
    let names = ["_SUCCESS", "part-00000.tsv", "part-00001.tsv"];
    assert_eq!(place.names("counts"), names);
    assert_eq!(place.texts(), ["a", "bb"]);
    place.result(&job(2), ["c", "d"]);
    assert_eq!(place.texts(), ["c", "d"]);
    assert_eq!(place.names(""), ["counts"]);
}

#[test]
fn the_next_master_can_repeat_every_step() {
    let place = OutputPlace::new();
    place.result(&job(1), ["old", ""]);
    let folder = place.prepare().unwrap();
    folder.begin(&job(2)).unwrap();
    let outputs = written(&folder, &job(2), ["a", "bb"]);
    // The master is killed after it moved one part file.
    let done = folder.done(&job(2));
    fs::create_dir(&done).unwrap();
    let from = folder.attempts(&job(2)).join("part-00001.1-1.1.x");
    fs::rename(from, done.join("part-00001.tsv")).unwrap();
    for _ in 0..2 {
        assert_eq!(
            gather(&folder, &job(2), &outputs),
            Ok(ResultTotals { keys: 2, total: 10 })
        );
    }
    // The master is killed after it moved the older output aside.
    drop(folder);
    let work = place.0.path().join(".counts.parts");
    fs::rename(place.output(), work.join("replaced")).unwrap();
    let folder = place.prepare().unwrap();
    assert_eq!(place.texts(), ["old", ""], "the older output is restored");
    folder.begin(&job(2)).unwrap();
    assert!(gather(&folder, &job(2), &outputs).is_ok());
    // The master is killed after it renamed the new output.
    fs::rename(place.output(), work.join("replaced")).unwrap();
    fs::rename(done, place.output()).unwrap();
    drop(folder);
    let folder = place.prepare().unwrap();
    folder.begin(&job(2)).unwrap();
    assert!(gather(&folder, &job(2), &outputs).is_ok());
    folder.publish(&job(2), &CrashPlan::default()).unwrap();
    drop(folder);
    assert_eq!(place.texts(), ["a", "bb"]);
    assert_eq!(place.names(""), ["counts"]);
}

#[test]
fn part_files_that_are_missing_too_short_or_of_another_plan_are_lost() {
    let place = OutputPlace::new();
    // The output of another plan has part files of the same lengths.
    place.result(&job(1), ["a", "bb"]);
    let folder = place.prepare().unwrap();
    folder.begin(&job(2)).unwrap();
    let mut outputs = written(&folder, &job(2), ["x", "yy"]);
    fs::remove_file(folder.attempts(&job(2)).join("part-00000.1-0.1.x")).unwrap();
    outputs[1].bytes += 1;
    let lost = gather(&folder, &job(2), &outputs).unwrap_err();
    let found: Vec<_> = lost
        .iter()
        .map(|lost| (lost.task.0, lost.attempt.as_str(), lost.damage.as_str()))
        .collect();
    let short = "its file has 2 bytes instead of 3";
    assert_eq!(
        found,
        [(7, "1-0.1.x", "its file is missing"), (8, "1-1.1.x", short)]
    );
    // The name of an attempt that leads to another folder is refused.
    outputs[0].attempt = "/../../../counts/part-00000.tsv".to_owned();
    assert_eq!(gather(&folder, &job(2), &outputs).unwrap_err().len(), 2);
    assert_eq!(place.texts(), ["a", "bb"]);
}

#[test]
fn leftovers_of_other_jobs_are_removed_and_part_files_of_this_job_kept() {
    let place = OutputPlace::new();
    let folder = place.prepare().unwrap();
    folder.begin(&job(1)).unwrap();
    drop(folder);
    // The workers of the job continue without a master.
    let folder = place.prepare().unwrap();
    written(&folder, &job(1), ["a", "b"]);
    drop(folder);
    let folder = place.prepare().unwrap();
    folder.begin(&job(1)).unwrap();
    assert_eq!(names(&folder.attempts(&job(1))).len(), 3);
    folder.begin(&job(2)).unwrap();
    assert_eq!(names(&folder.work).len(), 1);
    folder.discard();
    drop(folder);
    assert!(place.names("").is_empty());
}

#[test]
fn a_folder_that_is_not_a_result_is_not_replaced() {
    for (name, expected) in [
        ("notes.txt", "notes.txt"),
        ("part-00000.json", "without _SUCCESS"),
    ] {
        let place = OutputPlace::new();
        fs::create_dir(place.output()).unwrap();
        drop(place.prepare().unwrap());
        fs::write(place.output().join(name), "mine").unwrap();
        let refused = place.prepare().unwrap_err();
        assert!(matches!(refused, OutputError::NotAResult { .. }));
        assert!(refused.to_string().contains(expected), "{refused}");
        assert_eq!(place.names(""), ["counts"]);
    }
}

#[test]
fn files_that_appear_in_the_output_meanwhile_are_not_removed() {
    let place = OutputPlace::new();
    place.result(&job(1), ["old", ""]);
    let folder = place.prepare().unwrap();
    folder.begin(&job(2)).unwrap();
    let outputs = written(&folder, &job(2), ["a", "b"]);
    gather(&folder, &job(2), &outputs).unwrap();
    fs::write(place.output().join("notes.txt"), "mine").unwrap();
    let crash = CrashPlan::default();
    folder.publish(&job(2), &crash).unwrap_err();
    assert_eq!(place.names("counts").len(), 4);
    // Once the file is removed, the next master publishes the result.
    fs::remove_file(place.output().join("notes.txt")).unwrap();
    drop(folder);
    let folder = place.prepare().unwrap();
    folder.begin(&job(2)).unwrap();
    gather(&folder, &job(2), &outputs).unwrap();
    folder.publish(&job(2), &crash).unwrap();
    assert_eq!(place.texts(), ["a", "b"]);
}

#[test]
fn only_one_master_writes_a_folder_or_a_file_of_the_same_name() {
    let place = OutputPlace::new();
    let first = place.prepare().unwrap();
    assert!(matches!(place.prepare(), Err(OutputError::Busy { .. })));
    let file = OutputFile::prepare(&place.output());
    assert!(matches!(file, Err(OutputError::Busy { .. })));
    drop(first);
    place.prepare().unwrap();
    for other in ["..", "/", "/dev/null"] {
        let refused = PartFilesFolder::prepare(Path::new(other), OutputFormat::Csv, true);
        assert!(matches!(refused, Err(OutputError::NotAFolder { .. })));
    }
}

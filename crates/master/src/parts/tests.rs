//! Part files on their way, step by step.

use std::fs;
use std::path::Path;

use mapreduce::output::{OutputFormat, Written, part};
use mapreduce::{JobId, PlanHash};
use runtime::CrashPlan;
use store::{JobRef, Stored};

use super::PartsFolder;
use crate::core::LostPart;
use crate::publish::OutputError;

/// A folder with an output in it, and a job of two reduce tasks.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn output(&self) -> std::path::PathBuf {
        self.0.path().join("counts")
    }

    fn prepare(&self) -> Result<PartsFolder, OutputError> {
        PartsFolder::prepare(&self.output(), OutputFormat::Tsv, true)
    }

    fn names(&self, folder: &str) -> Vec<String> {
        names(&self.0.path().join(folder))
    }

    /// A result of `job` from start to end.
    fn result(&self, job: &JobRef, texts: [&str; 2]) {
        let folder = self.prepare().unwrap();
        folder.begin(job).unwrap();
        let outputs = written(&folder, job, texts);
        gather(&folder, job, &outputs).unwrap();
        folder.publish(job, &CrashPlan::default()).unwrap();
    }

    fn texts(&self) -> Vec<String> {
        let parts = names(&self.output());
        let parts = parts.iter().filter(|name| *name != part::SUCCESS);
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

/// What two attempts have written, and one that does not count.
fn written(folder: &PartsFolder, job: &JobRef, texts: [&str; 2]) -> Vec<Stored> {
    let attempts = folder.attempts(job);
    fs::write(attempts.join("part-00000.other"), "half").unwrap();
    let write = |(partition, text): (u32, &str)| {
        let attempt = format!("1-{partition}.1.x");
        let path = attempts.join(part::attempt_name(partition, &attempt));
        fs::write(path, text).unwrap();
        let bytes = text.len() as u64;
        let (records, sum) = (1, 5);
        Stored {
            attempt,
            bytes,
            records,
            sum,
        }
    };
    (0..).zip(texts).map(write).collect()
}

fn gather(
    folder: &PartsFolder,
    job: &JobRef,
    outputs: &[Stored],
) -> Result<Written, Vec<LostPart>> {
    let crash = CrashPlan::default();
    folder.gather(job, 7, outputs, &crash).unwrap()
}

#[test]
fn parts_that_count_become_the_output_and_nothing_else_stays() {
    let place = Place::new();
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
fn every_step_may_be_done_again_by_the_next_master() {
    let place = Place::new();
    place.result(&job(1), ["old", ""]);
    let folder = place.prepare().unwrap();
    folder.begin(&job(2)).unwrap();
    let outputs = written(&folder, &job(2), ["a", "bb"]);
    // Killed when one part was moved.
    let done = folder.done(&job(2));
    fs::create_dir(&done).unwrap();
    let from = folder.attempts(&job(2)).join("part-00001.1-1.1.x");
    fs::rename(from, done.join("part-00001.tsv")).unwrap();
    for _ in 0..2 {
        assert_eq!(
            gather(&folder, &job(2), &outputs),
            Ok(Written { keys: 2, total: 10 })
        );
    }
    // Killed when the older output was moved aside.
    drop(folder);
    let work = place.0.path().join(".counts.parts");
    fs::rename(place.output(), work.join("replaced")).unwrap();
    let folder = place.prepare().unwrap();
    assert_eq!(place.texts(), ["old", ""], "it is back");
    folder.begin(&job(2)).unwrap();
    assert!(gather(&folder, &job(2), &outputs).is_ok());
    // Killed when the new one was there.
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
fn parts_that_are_missing_short_or_of_another_plan_are_lost() {
    let place = Place::new();
    // The output of another plan has parts of the same lengths.
    place.result(&job(1), ["a", "bb"]);
    let folder = place.prepare().unwrap();
    folder.begin(&job(2)).unwrap();
    let mut outputs = written(&folder, &job(2), ["x", "yy"]);
    fs::remove_file(folder.attempts(&job(2)).join("part-00000.1-0.1.x")).unwrap();
    outputs[1].bytes += 1;
    let lost = gather(&folder, &job(2), &outputs).unwrap_err();
    let told: Vec<_> = lost
        .iter()
        .map(|lost| (lost.task.0, lost.attempt.as_str(), lost.what.as_str()))
        .collect();
    let short = "its file has 2 bytes instead of 3";
    assert_eq!(
        told,
        [(7, "1-0.1.x", "its file is missing"), (8, "1-1.1.x", short)]
    );
    // A name that leads elsewhere is the name of no part.
    outputs[0].attempt = "/../../../counts/part-00000.tsv".to_owned();
    assert_eq!(gather(&folder, &job(2), &outputs).unwrap_err().len(), 2);
    assert_eq!(place.texts(), ["a", "bb"]);
}

#[test]
fn leftovers_of_other_jobs_go_and_those_of_this_one_stay() {
    let place = Place::new();
    let folder = place.prepare().unwrap();
    folder.begin(&job(1)).unwrap();
    drop(folder);
    // Its workers go on without a master.
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
fn what_no_job_wrote_is_not_replaced() {
    for (name, said) in [
        ("notes.txt", "notes.txt"),
        ("part-00000.json", "without _SUCCESS"),
    ] {
        let place = Place::new();
        fs::create_dir(place.output()).unwrap();
        drop(place.prepare().unwrap());
        fs::write(place.output().join(name), "mine").unwrap();
        let refused = place.prepare().unwrap_err();
        assert!(matches!(refused, OutputError::NotOurs { .. }));
        assert!(refused.to_string().contains(said), "{refused}");
        assert_eq!(place.names(""), ["counts"]);
    }
}

#[test]
fn what_came_into_the_output_meanwhile_is_not_removed() {
    let place = Place::new();
    place.result(&job(1), ["old", ""]);
    let folder = place.prepare().unwrap();
    folder.begin(&job(2)).unwrap();
    let outputs = written(&folder, &job(2), ["a", "b"]);
    gather(&folder, &job(2), &outputs).unwrap();
    fs::write(place.output().join("notes.txt"), "mine").unwrap();
    let crash = CrashPlan::default();
    folder.publish(&job(2), &crash).unwrap_err();
    assert_eq!(place.names("counts").len(), 4);
    // Once it is away, the result is there for the next master.
    fs::remove_file(place.output().join("notes.txt")).unwrap();
    drop(folder);
    let folder = place.prepare().unwrap();
    folder.begin(&job(2)).unwrap();
    gather(&folder, &job(2), &outputs).unwrap();
    folder.publish(&job(2), &crash).unwrap();
    assert_eq!(place.texts(), ["a", "b"]);
}

#[test]
fn one_master_writes_a_folder_or_a_file_of_a_name() {
    let place = Place::new();
    let first = place.prepare().unwrap();
    assert!(matches!(place.prepare(), Err(OutputError::Busy { .. })));
    let file = crate::publish::OutputFile::prepare(&place.output());
    assert!(matches!(file, Err(OutputError::Busy { .. })));
    drop(first);
    place.prepare().unwrap();
    for other in ["..", "/", "/dev/null"] {
        let refused = PartsFolder::prepare(Path::new(other), OutputFormat::Csv, true);
        assert!(matches!(refused, Err(OutputError::NotAFolder { .. })));
    }
}

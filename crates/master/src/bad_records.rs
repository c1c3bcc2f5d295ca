//! The file of bad records: those that map tasks left out because the job fails at them, a line of JSON each,
//! beside the output.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use mapreduce::{Aggregate, JobError, TaskIndex};
use runtime::CrashPlan;
use store::blobs::bad_records::{Lines, bad_records_id, head_of};
use store::off_thread;
use store::{BlobId, BlobStore, JobRef, StoreResult, Stored};
use tracing::warn;

use crate::error::MasterError;
use crate::options::Options;
use crate::publish::{OutputError, OutputFile};

/// How many lists are asked for at once.
const PAGE: usize = 1000;
/// Longest list that is believed in, in bytes: a quote has little over a thousand.
const LONGEST: u64 = 1 << 30;

/// The file for the bad records of a job with that output: `results.bad-records.ndjson` beside `results.json`.
pub(crate) fn path(output: &Path, with_parts: bool) -> PathBuf {
    let name = match with_parts {
        true => output.file_name(),
        false => output.file_stem(),
    };
    let name = name.unwrap_or_default().to_string_lossy();
    output.with_file_name(format!("{name}.bad-records.ndjson"))
}

/// The file that `options` may write or remove: none if no record may be left out.
pub(crate) fn written(options: &Options) -> Option<PathBuf> {
    let spec = &options.request.spec;
    (spec.skip_bad_records > 0).then(|| path(&options.output, spec.part_files.is_some()))
}

/// Refuses settings that leaving records out does not go with.
pub(crate) fn check(options: &Options) -> Result<(), MasterError> {
    let spec = &options.request.spec;
    match (spec.skip_bad_records, spec.aggregate) {
        (1.., Aggregate::Live) => Err(MasterError::Job(JobError::hopeless(format!(
            "job.skip_bad_records={} does not go with job.aggregate=live, where nothing but counts is stored; use \
             job.aggregate=shuffle",
            spec.skip_bad_records
        )))),
        _ => Ok(()),
    }
}

/// Lists that were read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Listed {
    /// One after the other.
    lists: Vec<Bytes>,
}

impl Listed {
    /// Number of records in them.
    fn records(&self) -> u64 {
        let lines = |list: &Bytes| list.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.lists.iter().map(lines).sum()
    }
}

/// Reads the lists of the tasks that stored `outputs`, in the order of the tasks; leaves out those that are not there
/// or damaged. All are in memory then: the limit of `job.skip_bad_records` bounds them.
///
/// # Errors
/// Those of the store.
pub(crate) async fn read<B: BlobStore>(
    blobs: &B,
    job: &JobRef,
    outputs: &[Option<Stored>],
) -> StoreResult<Listed> {
    let named = (0u32..).zip(outputs).filter_map(|(task, stored)| {
        let stored = stored.as_ref()?;
        Some(bad_records_id(TaskIndex(task), &stored.attempt))
    });
    let named: Vec<BlobId> = named.collect();
    let mut listed = Listed::default();
    for page in named.chunks(PAGE) {
        let heads: Vec<_> = page.iter().map(head_of).collect();
        let heads = blobs.read(&job.id, &heads).await?;
        for (id, head) in page.iter().zip(heads) {
            // Most tasks have none.
            let Some(lines) = head.and_then(|head| Lines::of(&head)) else {
                continue;
            };
            if lines.len() > LONGEST {
                continue;
            }
            let list = blobs.read(&job.id, &[lines.range(id)]).await?.pop();
            let list = list.flatten().filter(|list| lines.are(list));
            listed.lists.extend(list);
        }
    }
    Ok(listed)
}

/// Puts `listed` in the file at `path`, of a job that left `expected` records out; removes an earlier file if there are
/// none.
///
/// # Errors
/// The file cannot be written.
pub(crate) async fn publish(
    path: PathBuf,
    listed: Listed,
    expected: u64,
    crash: &CrashPlan,
) -> Result<(), OutputError> {
    if expected == 0 {
        return remove(path);
    }
    let missing = expected.saturating_sub(listed.records());
    if missing > 0 {
        warn!(
            file = %path.display(), missing, expected,
            "some of the records that were left out are not listed: their lists are lost from shuffle.store"
        );
    }
    let crash = crash.clone();
    let writing = off_thread(move || {
        let mut file = OutputFile::prepare(&path)?;
        let filled = file.fill(|file| {
            listed
                .lists
                .iter()
                .try_for_each(|list| file.write_all(list))
        });
        filled.map_err(|source| file.error(source))?;
        file.publish(&crash)
    });
    writing.await.expect("writing does not panic")
}

/// Removes the file of an earlier run: it would be taken for this one's.
pub(crate) fn remove(path: PathBuf) -> Result<(), OutputError> {
    match fs::remove_file(&path) {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            Err(OutputError::Io { path, source })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use mapreduce::{JobId, PlanHash};
    use store::MemoryBlobs;
    use store::blobs::bad_records::{BadRecord, pack};

    use super::*;

    fn record(offset: u64) -> BadRecord {
        BadRecord {
            file: "a.txt".to_owned(),
            offset,
            line: Some(1 + offset),
            error: "no".to_owned(),
            record: "bad".to_owned(),
            length: None,
        }
    }

    fn stored(attempt: &str) -> Option<Stored> {
        Some(Stored {
            attempt: attempt.to_owned(),
            bytes: 0,
            records: 0,
            sum: 0,
        })
    }

    fn job() -> JobRef {
        JobRef {
            id: JobId::new("j").unwrap(),
            plan: PlanHash(1),
        }
    }

    #[test]
    fn the_file_lies_beside_the_output() {
        for (output, with_parts, expected) in [
            ("o/results.json", false, "o/results.bad-records.ndjson"),
            ("results", false, "results.bad-records.ndjson"),
            ("o/2024.05", true, "o/2024.05.bad-records.ndjson"),
            ("o/parts/", true, "o/parts.bad-records.ndjson"),
        ] {
            assert_eq!(path(Path::new(output), with_parts), Path::new(expected));
        }
    }

    #[tokio::test]
    async fn lists_of_the_attempts_that_count_are_put_together_in_the_order_of_tasks() {
        let (blobs, job) = (MemoryBlobs::default(), job());
        for (task, attempt, records) in [
            (2, "c", vec![record(7)]),
            (0, "late", vec![record(6)]),
            (0, "a", vec![record(4), record(5)]),
        ] {
            let id = bad_records_id(TaskIndex(task), attempt);
            blobs.put(&job.id, &id, &pack(&records)).await.unwrap();
        }
        let damaged = bad_records_id(TaskIndex(3), "d");
        blobs
            .put(&job.id, &damaged, &vec![9; 50].into())
            .await
            .unwrap();
        let outputs = [stored("a"), stored("b"), stored("c"), stored("d"), None];
        let listed = read(&blobs, &job, &outputs).await.unwrap();
        assert_eq!(listed.records(), 3);

        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("o.bad-records.ndjson");
        let crash = CrashPlan::default();
        publish(file.clone(), listed, 4, &crash).await.unwrap();
        let text = fs::read_to_string(&file).unwrap();
        let records: Vec<BadRecord> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(records, [record(4), record(5), record(7)]);
    }

    #[tokio::test]
    async fn a_file_of_an_earlier_run_does_not_stay() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("o.bad-records.ndjson");
        fs::write(&file, "old").unwrap();
        for _ in 0..2 {
            let none = Listed::default();
            let crash = CrashPlan::default();
            publish(file.clone(), none, 0, &crash).await.unwrap();
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        }
    }
}

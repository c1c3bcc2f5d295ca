//! The file of bad records: one line of JSON for each record that map tasks skipped because the job fails on it. It
//! lies next to the output.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use mapreduce_core::{OutputName, TaskIndex};
use settings::CrashPlan;
use store::blobs::bad_records::{BadRecordsHeader, bad_records_id, header_range};
use store::{BlobId, BlobStore, JobRef, StoreResult, StoredOutput};
use tracing::warn;

use super::error::OutputError;
use super::file::OutputFile;
use super::location::Location;
use super::target::run_blocking;

/// Number of lists that are requested at once.
const PAGE: usize = 1000;
/// Maximum bytes of a list. A longer one is damaged, because the quote of a record has little more than a thousand
/// bytes.
const MAX_LIST_BYTES: u64 = 1 << 30;

/// Returns the path of the file for an output: `results.bad-records.ndjson` for `results.json`.
pub(super) fn path(output: &Path, has_part_files: bool) -> PathBuf {
    let name = match has_part_files {
        true => {
            let name = output.file_name().unwrap_or_default();
            name.to_string_lossy().into_owned()
        }
        false => OutputName::of(output).stem,
    };
    output.with_file_name(format!("{name}.bad-records.ndjson"))
}

/// Lists of bad records, read from the blob store.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct BadRecordLists {
    /// One list per task, in the order of the tasks.
    lists: Vec<Bytes>,
}

impl BadRecordLists {
    /// Returns the number of records in the lists.
    fn records(&self) -> u64 {
        let lines = |list: &Bytes| list.iter().filter(|byte| **byte == b'\n').count() as u64;
        self.lists.iter().map(lines).sum()
    }
}

/// Reads the lists of the map tasks that stored `outputs`, in the order of the tasks. Omits lists that are missing or
/// damaged.
///
/// All lists are in memory at the same time, which `job.skip_bad_records` bounds.
///
/// # Errors
/// The store fails.
pub(crate) async fn read<B: BlobStore>(
    blobs: &B,
    job: &JobRef,
    outputs: &[Option<StoredOutput>],
) -> StoreResult<BadRecordLists> {
    let ids = (0u32..).zip(outputs).filter_map(|(task, stored)| {
        let stored = stored.as_ref()?;
        Some(bad_records_id(TaskIndex(task), &stored.attempt))
    });
    let ids: Vec<BlobId> = ids.collect();
    let mut found = BadRecordLists::default();
    for page in ids.chunks(PAGE) {
        let headers: Vec<_> = page.iter().map(header_range).collect();
        let headers = blobs.read(&job.id, &headers).await?;
        for (id, header) in page.iter().zip(headers) {
            // Most tasks have no bad records, and store no list.
            let Some(header) = header.and_then(|bytes| BadRecordsHeader::parse(&bytes)) else {
                continue;
            };
            if header.lines_len() > MAX_LIST_BYTES {
                continue;
            }
            let list = blobs.read(&job.id, &[header.lines_range(id)]).await?.pop();
            let list = list.flatten().filter(|list| header.matches(list));
            found.lists.extend(list);
        }
    }
    Ok(found)
}

/// Writes `found` to the file at `path`, for a job that skipped `expected` records. If it skipped 0, removes the file
/// of an earlier run instead.
///
/// # Errors
/// The file cannot be written or removed.
pub(crate) async fn publish(
    path: PathBuf,
    found: BadRecordLists,
    expected: u64,
    crash: &CrashPlan,
) -> Result<(), OutputError> {
    if expected == 0 {
        return remove(path);
    }
    let missing = expected.saturating_sub(found.records());
    if missing > 0 {
        warn!(
            file = %path.display(), missing, expected,
            "the list of bad records is incomplete: shuffle.store lost parts of it"
        );
    }
    let crash = crash.clone();
    run_blocking(move || {
        let mut file = OutputFile::prepare(&path)?;
        let filled = file.fill(|file| found.lists.iter().try_for_each(|list| file.write_all(list)));
        filled.map_err(|source| file.error(source))?;
        file.publish(&crash)
    })
    .await
}

/// Removes the file of an earlier run, so that it is not mistaken for one of this run.
pub(crate) fn remove(path: PathBuf) -> Result<(), OutputError> {
    // A link stays, and its target is removed.
    let location = Location::of(&path);
    let Ok(Location::File(file)) = location else {
        return Ok(());
    };
    match fs::remove_file(file) {
        Err(source) if source.kind() != ErrorKind::NotFound => {
            Err(OutputError::Io { path, source })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use mapreduce_core::{JobId, PlanHash};
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

    fn stored(attempt: &str) -> Option<StoredOutput> {
        Some(StoredOutput {
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
    fn the_file_lies_next_to_the_output() {
        for (output, has_part_files, expected) in [
            ("o/results.json", false, "o/results.bad-records.ndjson"),
            ("results.csv.gz", false, "results.bad-records.ndjson"),
            ("results", false, "results.bad-records.ndjson"),
            ("o/2024.05", true, "o/2024.05.bad-records.ndjson"),
            ("o/parts/", true, "o/parts.bad-records.ndjson"),
        ] {
            assert_eq!(path(Path::new(output), has_part_files), Path::new(expected));
        }
    }

    #[tokio::test]
    async fn lists_of_committed_attempts_are_joined_in_the_order_of_tasks() {
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
        let found = read(&blobs, &job, &outputs).await.unwrap();
        assert_eq!(found.records(), 3);

        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("o.bad-records.ndjson");
        let crash = CrashPlan::default();
        publish(file.clone(), found, 4, &crash).await.unwrap();
        let text = fs::read_to_string(&file).unwrap();
        let records: Vec<BadRecord> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(records, [record(4), record(5), record(7)]);
    }

    #[tokio::test]
    async fn the_file_of_an_earlier_run_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("o.bad-records.ndjson");
        fs::write(&file, "old").unwrap();
        for _ in 0..2 {
            let none = BadRecordLists::default();
            let crash = CrashPlan::default();
            publish(file.clone(), none, 0, &crash).await.unwrap();
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
        }
    }
}

//! Gathering: the committed part files get their final names, and the marker is added.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use mapreduce_core::{PlanHash, TaskIndex};
use mapreduce_formats::output::{ResultTotals, part_file_names};
use serde_json::json;
use settings::{CrashPlan, CrashPoint};
use store::{JobRef, StoredOutput};

use super::folder::PartFilesFolder;
use crate::core::LostPartition;
use crate::output::error::OutputError;
use crate::output::totals::committed_totals;

/// Part files to move, and part files that are lost.
#[derive(Debug, Default)]
struct Inspection {
    /// Old and new names.
    moves: Vec<(PathBuf, PathBuf)>,
    lost: Vec<LostPartition>,
}

impl PartFilesFolder {
    /// Moves the part files that the reduce tasks from `first` on have committed as `outputs` to one folder, durably.
    /// Can be repeated, even after the publication. Blocks.
    ///
    /// # Errors
    /// [`OutputError::PartitionsLost`] lists the part files that are missing or have another length than committed.
    /// Then nothing was moved.
    pub(in crate::output) fn gather(
        &self,
        job: &JobRef,
        first: u32,
        outputs: &[StoredOutput],
        crash: &CrashPlan,
    ) -> Result<ResultTotals, OutputError> {
        let written = committed_totals(outputs);
        let marker = marker(job.plan, outputs, written);
        let Inspection { moves, lost } = self.inspect(job, first, outputs);
        if lost.is_empty() {
            let moved = self.move_all(job, moves, &marker, crash);
            moved.map_err(|source| self.error(source))?;
        } else if !self.is_published(&marker, outputs) {
            return Err(OutputError::PartitionsLost(lost));
        }
        Ok(written)
    }

    /// Finds the part file of each partition, under its old name or its new one.
    fn inspect(&self, job: &JobRef, first: u32, outputs: &[StoredOutput]) -> Inspection {
        let (attempts, done) = (self.attempts(job), self.done(job));
        let mut inspection = Inspection::default();
        for (partition, stored) in (0u32..).zip(outputs) {
            let to = done.join(part_file_names::final_name(partition, self.format));
            // The name of an attempt comes from the store. It must not lead out of the folder.
            let from = part_file_names::is_safe_attempt(&stored.attempt)
                .then(|| attempts.join(part_file_names::attempt_name(partition, &stored.attempt)));
            let lengths = (from.as_deref().and_then(length), length(&to));
            match (from, lengths) {
                (Some(from), (Some(len), _)) if len == stored.bytes => {
                    inspection.moves.push((from, to));
                }
                (_, (_, Some(len))) if len == stored.bytes => {}
                (_, (found, other)) => inspection.lost.push(LostPartition {
                    task: TaskIndex(first + partition),
                    attempt: stored.attempt.clone(),
                    damage: damage(found.or(other), stored.bytes),
                }),
            }
        }
        inspection
    }

    /// Moves the part files, writes the marker, and makes both durable.
    fn move_all(
        &self,
        job: &JobRef,
        moves: Vec<(PathBuf, PathBuf)>,
        marker: &str,
        crash: &CrashPlan,
    ) -> io::Result<()> {
        let done = self.done(job);
        crash.reach(CrashPoint::BeforeRename);
        fs::create_dir_all(&done)?;
        for (from, to) in moves {
            fs::rename(from, to)?;
        }
        crash.reach(CrashPoint::BeforeRename);
        let mut file = File::create(done.join(part_file_names::SUCCESS_MARKER))?;
        file.write_all(marker.as_bytes())?;
        file.sync_all()?;
        // Names are durable once their folders are synced.
        File::open(&done)?.sync_all()?;
        File::open(&self.work)?.sync_all()?;
        self.lock.sync_folder()
    }

    /// Reports whether the output already is the result of this plan. Then an earlier master was killed after it
    /// published the result.
    fn is_published(&self, marker: &str, outputs: &[StoredOutput]) -> bool {
        let found = fs::read(self.path.join(part_file_names::SUCCESS_MARKER));
        let complete = |(partition, stored): (u32, &StoredOutput)| {
            length(
                &self
                    .path
                    .join(part_file_names::final_name(partition, self.format)),
            ) == Some(stored.bytes)
        };
        found.is_ok_and(|found| found == marker.as_bytes()) && (0u32..).zip(outputs).all(complete)
    }
}

/// Returns the content of the marker: the plan of the result, and its totals. It is the same for each run of the plan.
fn marker(plan: PlanHash, outputs: &[StoredOutput], written: ResultTotals) -> String {
    let ResultTotals { keys, total } = written;
    let plan = plan.to_string();
    let marker = json!({"plan": plan, "parts": outputs.len(), "keys": keys, "total": total});
    format!("{marker}\n")
}

/// Returns the length of a regular file.
fn length(path: &Path) -> Option<u64> {
    let existing = fs::symlink_metadata(path).ok()?;
    existing.is_file().then_some(existing.len())
}

fn damage(found: Option<u64>, bytes: u64) -> String {
    match found {
        Some(found) => format!("its file has {found} bytes instead of {bytes}"),
        None => "its file is missing".to_owned(),
    }
}

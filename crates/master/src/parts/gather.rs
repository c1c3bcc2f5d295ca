//! Parts become a result: those that count, under their final names, with the mark.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use mapreduce::output::{Written, part};
use mapreduce::{PlanHash, TaskIndex};
use runtime::{CrashPlan, CrashPoint};
use serde_json::json;
use store::{JobRef, Stored};

use super::PartsFolder;
use crate::assemble::promised;
use crate::core::LostPart;
use crate::publish::OutputError;

/// What is in the mark: which plan the folder is the result of, and sums. The same for each run of the plan.
fn mark(plan: PlanHash, outputs: &[Stored], written: Written) -> String {
    let Written { keys, total } = written;
    let plan = plan.to_string();
    let mark = json!({"plan": plan, "parts": outputs.len(), "keys": keys, "total": total});
    format!("{mark}\n")
}

impl PartsFolder {
    /// Puts the parts that the reduce tasks from `first` on have committed as `outputs` together, durably. May be
    /// done again, also when it is published. Blocks.
    ///
    /// # Errors
    /// The inner error lists parts that are not there with the length that was committed.
    pub(crate) fn gather(
        &self,
        job: &JobRef,
        first: u32,
        outputs: &[Stored],
        crash: &CrashPlan,
    ) -> Result<Result<Written, Vec<LostPart>>, OutputError> {
        let written = promised(outputs);
        let mark = mark(job.plan, outputs, written);
        let gathered = self.gather_files(job, first, outputs, &mark, crash);
        match gathered.map_err(|source| self.error(source))? {
            lost if lost.is_empty() || self.is_published(&mark, outputs) => Ok(Ok(written)),
            lost => Ok(Err(lost)),
        }
    }

    /// Answers what is lost; then nothing was done.
    fn gather_files(
        &self,
        job: &JobRef,
        first: u32,
        outputs: &[Stored],
        mark: &str,
        crash: &CrashPlan,
    ) -> io::Result<Vec<LostPart>> {
        let (attempts, done) = (self.attempts(job), self.done(job));
        let (mut moves, mut lost) = (Vec::new(), Vec::new());
        for (partition, stored) in (0u32..).zip(outputs) {
            let to = done.join(part::name(partition, self.format));
            let from = part::is_safe(&stored.attempt)
                .then(|| attempts.join(part::attempt_name(partition, &stored.attempt)));
            let lengths = (from.as_deref().and_then(length), length(&to));
            match (from, lengths) {
                (Some(from), (Some(len), _)) if len == stored.bytes => moves.push((from, to)),
                (_, (_, Some(len))) if len == stored.bytes => {}
                (_, (found, other)) => lost.push(LostPart {
                    task: TaskIndex(first + partition),
                    attempt: stored.attempt.clone(),
                    what: wrong(found.or(other), stored.bytes),
                }),
            }
        }
        if !lost.is_empty() {
            return Ok(lost);
        }
        crash.reach(CrashPoint::BeforeRename);
        fs::create_dir_all(&done)?;
        for (from, to) in moves {
            fs::rename(from, to)?;
        }
        crash.reach(CrashPoint::BeforeRename);
        let mut file = File::create(done.join(part::SUCCESS))?;
        file.write_all(mark.as_bytes())?;
        file.sync_all()?;
        // The names are durable once their folders are.
        File::open(&done)?.sync_all()?;
        File::open(&self.work)?.sync_all()?;
        self.lock.sync_folder()?;
        Ok(lost)
    }

    /// Whether the output is the result of this plan already: a master published it and was killed.
    fn is_published(&self, mark: &str, outputs: &[Stored]) -> bool {
        let found = fs::read(self.path.join(part::SUCCESS));
        let whole = |(partition, stored): (u32, &Stored)| {
            length(&self.path.join(part::name(partition, self.format))) == Some(stored.bytes)
        };
        found.is_ok_and(|found| found == mark.as_bytes()) && (0u32..).zip(outputs).all(whole)
    }
}

/// The length of a regular file.
fn length(path: &Path) -> Option<u64> {
    let there = fs::symlink_metadata(path).ok()?;
    there.is_file().then_some(there.len())
}

fn wrong(found: Option<u64>, bytes: u64) -> String {
    match found {
        Some(found) => format!("its file has {found} bytes instead of {bytes}"),
        None => "its file is missing".to_owned(),
    }
}

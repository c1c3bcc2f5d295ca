//! Committing: one function call for each commit batch.

use std::sync::Arc;

use ::redis::Cmd;
use mapreduce_core::{Counters, JobId, WorkerName};

use super::commit_batches::CommitBatches;
use super::errors::{fatal, lost};
use super::output_store::manifest;
use super::reply::{Reply, extend_call};
use super::store::RedisStore;
use crate::error::StoreResult;
use crate::types::{Commit, CommitReply, JobRef, TaskOutput, TaskRef};

/// Bytes of framing around an argument. Used to reserve enough space for a command.
const ARGUMENT_FRAMING: usize = 24;

impl RedisStore {
    pub(super) async fn commit_task(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        commit: &Commit,
    ) -> StoreResult<CommitReply> {
        let (pairs, output) = match &commit.output {
            TaskOutput::Counts(pairs) => (Arc::clone(pairs), String::new()),
            TaskOutput::Stored(stored) => match stored.refusal() {
                Some(reason) => return Ok(CommitReply::Refused(reason)),
                None => (Arc::default(), manifest(stored)),
            },
        };
        let batches = match run_blocking(move || CommitBatches::split(pairs)).await? {
            Ok(batches) => Arc::new(batches),
            Err(reason) => return Ok(CommitReply::Refused(reason)),
        };
        for batch in 0..batches.len() {
            let header = CommitHeader {
                job: job.clone(),
                worker: worker.clone(),
                task: commit.task.clone(),
                attempt: commit.attempt,
                counters: commit.counters.clone(),
                output: output.clone(),
            };
            let batches = Arc::clone(&batches);
            let command = run_blocking(move || header.encode(&batches, batch)).await?;
            let reply: Reply = self.redis.run_slow(&command).await?;
            if let Some(reply) = batch_reply(reply, &job.id)? {
                return Ok(reply);
            }
        }
        // Every batch was counted, but the last one did not complete the task. A rollback removed earlier ones in
        // between. The others are gated, so the caller can retry.
        Err(lost(format!(
            "commit batches of task {}",
            commit.task.index
        )))
    }
}

/// Converts the reply to a batch. `None` means that other batches must follow.
fn batch_reply(mut reply: Reply, job: &JobId) -> StoreResult<Option<CommitReply>> {
    Ok(Some(match reply.word.as_str() {
        "PART" => return Ok(None),
        "OK" => CommitReply::Committed,
        "DUP" => CommitReply::Duplicate,
        "NOPLAN" => CommitReply::NoPlan,
        "PLAN_MISMATCH" => CommitReply::Mismatch,
        "STATE" => {
            let state = reply.text()?;
            CommitReply::State(
                state
                    .parse()
                    .map_err(|()| fatal(format!("job {job} is in an unknown state {state:?}")))?,
            )
        }
        "BAD" | "OVERFLOW" | "WRONGTYPE" => CommitReply::Refused(reply.text()?),
        _ => return Err(reply.into_error(job)),
    }))
}

/// A commit without its pairs.
struct CommitHeader {
    job: JobRef,
    worker: WorkerName,
    task: TaskRef,
    attempt: u32,
    counters: Counters,
    /// Manifest of the output, or empty if the output is pairs.
    output: String,
}

impl CommitHeader {
    fn encode(&self, batches: &CommitBatches, batch: usize) -> Cmd {
        let pairs = batches.batch(batch);
        let bytes: usize = batches.batch(batch).map(|(key, _)| key.len()).sum();
        let arguments = 64 + 2 * (self.counters.custom.len() + pairs.len());
        let mut command = Cmd::with_capacity(arguments, bytes + ARGUMENT_FRAMING * arguments);
        command.arg("FCALL");
        extend_call(&mut command, "mr1_commit", &self.job.id);
        // Zero counters are left out, since each counter costs Redis a read and a write.
        let counted = self.counters.fields().filter(|(_, value)| *value > 0);
        let counters: Vec<_> = counted.collect();
        command
            .arg(self.job.plan.to_string())
            .arg(self.task.index.0)
            .arg(&self.task.entry)
            .arg(self.worker.as_str())
            .arg(self.attempt)
            .arg(batch)
            .arg(batches.len())
            .arg(batches.total())
            .arg(&self.output)
            .arg(counters.len());
        for (name, value) in counters {
            command.arg(name).arg(value);
        }
        for (key, count) in pairs {
            command.arg(key).arg(count);
        }
        command
    }
}

/// Runs `work`, which may take tens of milliseconds, on the blocking thread pool.
async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> StoreResult<T> {
    crate::blocking::run_blocking(work)
        .await
        .map_err(|error| fatal(format!("cannot prepare the commit: {error}")))
}

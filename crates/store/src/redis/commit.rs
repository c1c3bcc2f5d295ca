//! Committing: one function call per part of the output.

use std::sync::Arc;

use ::redis::Cmd;
use mapreduce::{Counters, JobId, WorkerName};

use super::errors::{fatal, lost};
use super::outputs::manifest;
use super::parts::Parts;
use super::reply::{Reply, extend_call};
use super::store::RedisStore;
use crate::{Commit, CommitReply, JobRef, StoreResult, TaskOutput, TaskRef};

/// Bytes of framing around an argument, so that a command is built in one allocation or two.
const ARGUMENT: usize = 24;

impl RedisStore {
    pub(super) async fn commit_task(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        commit: &Commit,
    ) -> StoreResult<CommitReply> {
        let (pairs, output) = match &commit.output {
            TaskOutput::Counts(pairs) => (Arc::clone(pairs), String::new()),
            TaskOutput::Stored(stored) => match stored.flaw() {
                Some(flaw) => return Ok(CommitReply::Refused(flaw)),
                None => (Arc::default(), manifest(stored)),
            },
        };
        let parts = match off_thread(move || Parts::cut(pairs)).await? {
            Ok(parts) => Arc::new(parts),
            Err(text) => return Ok(CommitReply::Refused(text)),
        };
        for part in 0..parts.len() {
            let head = Head {
                job: job.clone(),
                worker: worker.clone(),
                task: commit.task.clone(),
                attempt: commit.attempt,
                counters: commit.counters.clone(),
                output: output.clone(),
            };
            let parts = Arc::clone(&parts);
            let command = off_thread(move || head.encode(&parts, part)).await?;
            let reply: Reply = self.redis.run_patiently(&command).await?;
            if let Some(reply) = understand(reply, &job.id)? {
                return Ok(reply);
            }
        }
        // Every part was counted, yet the last one did not complete the task: earlier ones were rolled
        // back in between. Those that are left are gated, so the caller may simply try again.
        Err(lost(format!(
            "parts of task {} while they were committed",
            commit.task.index
        )))
    }
}

/// What a reply to a part means; `None` if others are to follow.
fn understand(mut reply: Reply, job: &JobId) -> StoreResult<Option<CommitReply>> {
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
                    .map_err(|()| fatal(format!("job {job} in state {state:?}")))?,
            )
        }
        "BAD" | "OVERFLOW" | "WRONGTYPE" => CommitReply::Refused(reply.text()?),
        _ => return Err(reply.into_error(job)),
    }))
}

/// A commit without its pairs.
struct Head {
    job: JobRef,
    worker: WorkerName,
    task: TaskRef,
    attempt: u32,
    counters: Counters,
    /// What the manifest says of the output; empty if the output is pairs.
    output: String,
}

impl Head {
    fn encode(&self, parts: &Parts, part: usize) -> Cmd {
        let pairs = parts.part(part);
        let bytes: usize = parts.part(part).map(|(key, _)| key.len()).sum();
        let arguments = 64 + 2 * (self.counters.own.len() + pairs.len());
        let mut command = Cmd::with_capacity(arguments, bytes + ARGUMENT * arguments);
        command.arg("FCALL");
        extend_call(&mut command, "mr1_commit", &self.job.id);
        // A counter that is not there is 0: each costs the store a look and a write.
        let counted = self.counters.fields().filter(|(_, value)| *value > 0);
        let counters: Vec<_> = counted.collect();
        command
            .arg(self.job.plan.to_string())
            .arg(self.task.index.0)
            .arg(&self.task.entry)
            .arg(self.worker.as_str())
            .arg(self.attempt)
            .arg(part)
            .arg(parts.len())
            .arg(parts.total())
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

/// Runs `work`, which may take tens of milliseconds, where it holds up no other task.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> StoreResult<T> {
    crate::off_thread(work)
        .await
        .map_err(|error| fatal(format!("preparing a commit failed: {error}")))
}

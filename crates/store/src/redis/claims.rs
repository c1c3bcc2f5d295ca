//! Claims, renews and returns tasks.

use std::time::Duration;

use ::redis::{Cmd, Pipeline, Value, cmd, from_redis_value, pipe};
use mapreduce_core::WorkerName;

use super::entries::{Entry, entries, items, of_one_stream};
use super::errors::fatal;
use super::keys::{GROUP, JobKey};
use super::reply::{Reply, call};
use super::store::RedisStore;
use crate::error::StoreResult;
use crate::types::{AttemptFailure, Claim, FailReply, JobRef, Renewal, TaskRef, parse_payload};

/// Entries per page of a worker's pending list.
const PAGE: usize = 500;

impl RedisStore {
    pub(super) async fn claim_new(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        count: u32,
        wait: Duration,
    ) -> StoreResult<Vec<Claim>> {
        if count == 0 {
            return Ok(Vec::new());
        }
        let mut read = read_group(worker, count as usize);
        add_block(&mut read, wait);
        read.arg("STREAMS").arg(JobKey::Tasks.of(&job.id)).arg(">");
        let found = of_one_stream(self.redis.run_blocking_read(&read, wait).await?);
        self.claims(job, found, false).await
    }

    pub(super) async fn held_by(
        &self,
        job: &JobRef,
        worker: &WorkerName,
    ) -> StoreResult<Vec<Claim>> {
        let tasks = JobKey::Tasks.of(&job.id);
        let (mut ours, mut from) = (Vec::new(), "-".to_owned());
        // `XREADGROUP` on the worker's own history would count as another delivery of each entry.
        loop {
            let mut pending = cmd("XPENDING");
            pending.arg(&tasks).arg(GROUP).arg(&from).arg("+");
            pending.arg(PAGE).arg(worker.as_str());
            let page: Vec<(String, String, u64, u64)> = self.redis.run(&pending).await?;
            let Some((last, ..)) = page.last() else { break };
            from = format!("({last}");
            let mut read = pipe();
            for (id, ..) in &page {
                read.cmd("XRANGE").arg(&tasks).arg(id).arg(id);
            }
            let found = self.redis.run_all(&read).await?.into_iter().map(entries);
            for ((id, ..), mut found) in page.iter().zip(found) {
                match found.pop() {
                    Some(entry) => ours.push(entry),
                    None => self.acknowledge_deleted(job, &tasks, id).await?,
                }
            }
        }
        self.claims(job, ours, true).await
    }

    pub(super) async fn claim_expired(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        lease: Duration,
        count: u32,
    ) -> StoreResult<Vec<Claim>> {
        let (mut all, mut cursor) = (Vec::new(), "0-0".to_owned());
        // One call examines at most ten times COUNT entries, so entries may remain after an empty reply.
        while all.len() < count as usize {
            let reply: Value = self
                .redis
                .run(
                    cmd("XAUTOCLAIM")
                        .arg(JobKey::Tasks.of(&job.id))
                        .arg(GROUP)
                        .arg(worker.as_str())
                        .arg(millis(lease))
                        .arg(&cursor)
                        .arg("COUNT")
                        .arg(count as usize - all.len()),
                )
                .await?;
            let mut reply = items(reply).into_iter();
            cursor = from_redis_value(reply.next().unwrap_or_default())
                .map_err(|error| fatal(format!("cannot parse the reply to XAUTOCLAIM: {error}")))?;
            all.extend(reply.next().map(entries).unwrap_or_default());
            let deleted = reply.next().map(items).unwrap_or_default().len();
            if deleted > 0 {
                tracing::warn!(job = %job.id, deleted, "claimed tasks were deleted from the stream; the master adds them again");
            }
            if cursor == "0-0" {
                break;
            }
        }
        self.claims(job, all, true).await
    }

    /// Acknowledges a held entry that was deleted from the stream, so that a repair finds the task missing.
    async fn acknowledge_deleted(&self, job: &JobRef, tasks: &str, entry: &str) -> StoreResult<()> {
        tracing::warn!(job = %job.id, entry, "a claimed task was deleted from the stream; the master adds it again");
        let mut ack = cmd("XACK");
        self.redis.run(ack.arg(tasks).arg(GROUP).arg(entry)).await
    }

    /// Converts entries to claims. If `delivered_before` is set, looks up the delivery counts of all entries.
    async fn claims(
        &self,
        job: &JobRef,
        found: Vec<Entry>,
        delivered_before: bool,
    ) -> StoreResult<Vec<Claim>> {
        let mut claims = Vec::with_capacity(found.len());
        let mut lookup = false;
        for entry in found {
            let Some((task, generation, payload)) = entry.task() else {
                tracing::warn!(job = %job.id, entry = entry.id, "skipping a stream entry that is not a task");
                continue;
            };
            let repeated = delivered_before || generation > 1;
            lookup |= repeated;
            claims.push(Claim {
                task,
                payload: parse_payload(payload),
                deliveries: 1,
                repeated,
            });
        }
        // A first delivery needs no lookup, since no attempt can have failed before it.
        if lookup {
            let replies = self.redis.run_all(&history(job, &claims)).await?;
            add_history(&mut claims, replies);
        }
        Ok(claims)
    }

    pub(super) async fn renew_leases(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        tasks: &[TaskRef],
    ) -> StoreResult<Vec<Renewal>> {
        let mut renew = call("mr1_renew", &job.id);
        renew.arg(job.plan.to_string()).arg(worker.as_str());
        for task in tasks {
            renew.arg(&task.entry);
        }
        let reply: Reply = self.redis.run(&renew).await?;
        match reply.word.as_str() {
            "OK" => {
                let flags = reply.all::<u8>()?;
                let renewal = |flag| {
                    if flag == 1 {
                        Renewal::Renewed
                    } else {
                        Renewal::Lost
                    }
                };
                Ok(flags.into_iter().map(renewal).collect())
            }
            _ => Err(reply.into_error(&job.id)),
        }
    }

    pub(super) async fn fail_task(
        &self,
        job: &JobRef,
        worker: &WorkerName,
        task: TaskRef,
        failure: Option<&AttemptFailure>,
    ) -> StoreResult<FailReply> {
        let mut fail = call("mr1_fail", &job.id);
        fail.arg(job.plan.to_string())
            .arg(task.index.0)
            .arg(&task.entry)
            .arg(worker.as_str());
        match failure {
            Some(failure) => fail.arg(1).arg(failure.max_attempts).arg(&failure.reason),
            None => fail.arg(0).arg(0).arg(""),
        };
        let reply: Reply = self.redis.run(&fail).await?;
        match reply.word.as_str() {
            "RETRY" => Ok(FailReply::Retry),
            "DEAD" => Ok(FailReply::Dead),
            "STALE" => Ok(FailReply::Stale),
            _ => Err(reply.into_error(&job.id)),
        }
    }
}

fn read_group(worker: &WorkerName, count: usize) -> Cmd {
    let mut read = cmd("XREADGROUP");
    read.arg("GROUP")
        .arg(GROUP)
        .arg(worker.as_str())
        .arg("COUNT")
        .arg(count);
    read
}

/// Adds a `BLOCK` argument, unless `wait` is below 1 ms: `BLOCK 0` would block forever.
pub(super) fn add_block(read: &mut Cmd, wait: Duration) {
    if wait >= Duration::from_millis(1) {
        read.arg("BLOCK").arg(millis(wait));
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Reads the number of failed attempts of all claims, then the number of deliveries of each.
fn history(job: &JobRef, claims: &[Claim]) -> Pipeline {
    let mut commands = pipe();
    commands.cmd("HMGET").arg(JobKey::Failed.of(&job.id));
    for claim in claims {
        commands.arg(claim.task.index.0);
    }
    let tasks = JobKey::Tasks.of(&job.id);
    for claim in claims {
        let entry = &claim.task.entry;
        commands
            .cmd("XPENDING")
            .arg(&tasks)
            .arg(GROUP)
            .arg(entry)
            .arg(entry)
            .arg(1);
    }
    commands
}

/// Adds up the deliveries of each entry and the failed attempts of its task, which were deliveries of earlier entries.
fn add_history(claims: &mut [Claim], replies: Vec<Value>) {
    let mut replies = replies.into_iter();
    let failed = replies.next().map(items).unwrap_or_default();
    for ((claim, failed), pending) in claims.iter_mut().zip(failed).zip(replies) {
        let failed: u32 = from_redis_value(failed).unwrap_or_default();
        let detail = items(pending)
            .into_iter()
            .next()
            .map(items)
            .unwrap_or_default();
        let delivered = detail
            .into_iter()
            .nth(3)
            .and_then(|count| from_redis_value(count).ok());
        claim.deliveries = failed.saturating_add(delivered.unwrap_or(1)).max(1);
        claim.repeated |= claim.deliveries > 1;
    }
}

//! The master's interface.

use std::time::Duration;

use ::redis::cmd;
use mapreduce_core::{JobId, Pairs, TaskIndex};

use super::abi::ABI;
use super::errors::fatal;
use super::keys::{DISMISSED, DISMISSED_SECONDS, JOBS, JobKey, MASTER, presence};
use super::reply::{Reply, call};
use super::store::RedisStore;
use crate::error::{StoreError, StoreResult};
use crate::traits::JobStore;
use crate::types::{
    Checkpoint, EventCursor, FinishReply, Health, JobHeader, JobRecord, JobRef, JobStatus,
    PlanReply, StoreId,
};

impl JobStore for RedisStore {
    async fn connect(&self) -> StoreResult<StoreId> {
        self.ready().await
    }

    async fn jobs(&self) -> StoreResult<Vec<JobRecord>> {
        self.records().await
    }

    async fn plan(
        &self,
        header: &JobHeader,
        start: u32,
        payloads: &[String],
    ) -> StoreResult<PlanReply> {
        let job = &header.job.id;
        let mut plan = call("mr1_plan", job);
        plan.arg(header.job.plan.to_string())
            .arg(header.total)
            .arg(header.maps)
            .arg(&header.spec)
            .arg(&header.owner)
            .arg(ABI)
            .arg(start)
            .arg(payloads);
        let mut reply: Reply = self.redis.run(&plan).await?;
        let reply = match reply.word.as_str() {
            "NEXT" => PlanReply::Next(reply.next()?),
            "COMPLETE" => PlanReply::Complete,
            "GAP" => return Ok(PlanReply::Gap(reply.next()?)),
            "PLAN_MISMATCH" => {
                return Ok(PlanReply::Mismatch {
                    found: reply.text()?,
                });
            }
            _ => return Err(reply.into_error(job)),
        };
        // Both keys are outside the job's cluster slot, and so outside the function. A master that dies before these
        // writes plans again and repeats them.
        if start == 0 || reply == PlanReply::Complete {
            self.list(job).await?;
        }
        if reply == PlanReply::Complete {
            self.announce(job).await?;
        }
        Ok(reply)
    }

    async fn missing(&self, job: &JobRef, limit: u32) -> StoreResult<Vec<TaskIndex>> {
        let mut audit = call("mr1_repair", &job.id);
        audit.arg(job.plan.to_string()).arg("audit").arg(limit);
        let reply: Reply = self.redis.run(&audit).await?;
        match reply.word.as_str() {
            "OK" => Ok(reply.all::<u32>()?.into_iter().map(TaskIndex).collect()),
            "STATE" => Ok(Vec::new()),
            _ => Err(reply.into_error(&job.id)),
        }
    }

    async fn repair(&self, job: &JobRef, tasks: &[(TaskIndex, String)]) -> StoreResult<u32> {
        let mut tasks: Vec<_> = tasks.iter().collect();
        tasks.sort_by_key(|(index, _)| *index);
        tasks.dedup_by_key(|(index, _)| *index);
        let mut add = call("mr1_repair", &job.id);
        add.arg(job.plan.to_string()).arg("add");
        for (index, payload) in tasks {
            add.arg(index.0).arg(payload);
        }
        let mut reply: Reply = self.redis.run(&add).await?;
        match reply.word.as_str() {
            "OK" => reply.next(),
            "STATE" => Ok(0),
            _ => Err(reply.into_error(&job.id)),
        }
    }

    async fn status(&self, job: &JobId) -> StoreResult<Option<JobStatus>> {
        self.read_job_status(job).await
    }

    async fn watch(
        &self,
        job: &JobId,
        after: EventCursor,
        wait: Duration,
    ) -> StoreResult<EventCursor> {
        self.await_event(job, after, wait).await
    }

    async fn finish(&self, job: &JobRef) -> StoreResult<FinishReply> {
        let mut finish = call("mr1_finish", &job.id);
        finish.arg(job.plan.to_string());
        let mut reply: Reply = self.redis.run(&finish).await?;
        Ok(match reply.word.as_str() {
            "DONE" => FinishReply::Done,
            "NOTYET" => FinishReply::NotYet {
                done: reply.next()?,
                total: reply.next()?,
            },
            "NOPLAN" | "PLAN_MISMATCH" => FinishReply::NoPlan,
            "STATE" => {
                let word = reply.text()?;
                let unknown = |()| fatal(format!("job {} is in an unknown state {word:?}", job.id));
                FinishReply::Over(word.parse().map_err(unknown)?)
            }
            _ => return Err(reply.into_error(&job.id)),
        })
    }

    async fn abandon(&self, job: &JobRef, reason: &str) -> StoreResult<()> {
        let mut abandon = call("mr1_abandon", &job.id);
        abandon.arg(job.plan.to_string()).arg(reason);
        let reply: Reply = self.redis.run(&abandon).await?;
        match reply.word.as_str() {
            "OK" => Ok(()),
            _ => Err(reply.into_error(&job.id)),
        }
    }

    async fn results(&self, job: &JobRef) -> StoreResult<Vec<Pairs>> {
        self.read_results(job).await
    }

    async fn announce_presence(&self, job: Option<&JobRef>, lasting: Duration) -> StoreResult<()> {
        let millis = u64::try_from(lasting.as_millis())
            .unwrap_or(u64::MAX)
            .clamp(1, 1 << 50);
        if job.is_none() {
            // Only when the master starts: a late announcement must not undo the dismissal of the workers.
            self.redis.run::<()>(cmd("DEL").arg(DISMISSED)).await?;
        }
        let keys = [Some(MASTER.to_owned()), job.map(|job| presence(&job.id))];
        for key in keys.into_iter().flatten() {
            let mut set = cmd("SET");
            set.arg(key).arg("there").arg("PX").arg(millis);
            self.redis.run::<()>(&set).await?;
        }
        Ok(())
    }

    async fn dismiss_workers(&self) -> StoreResult<()> {
        let mut set = cmd("SET");
        set.arg(DISMISSED)
            .arg("yes")
            .arg("EX")
            .arg(DISMISSED_SECONDS);
        self.redis.run::<()>(&set).await?;
        // Another master that is present sets the key again soon.
        self.redis.run(cmd("DEL").arg(MASTER)).await
    }

    async fn retire(&self, job: &JobRef, keep: Duration) -> StoreResult<()> {
        let keep = u64::try_from(keep.as_millis()).unwrap_or(u64::MAX);
        let mut retire = call("mr1_retire", &job.id);
        // Limits the time to about 30,000 years, which Redis can still add to its clock.
        retire.arg(job.plan.to_string()).arg(keep.min(1 << 50));
        let mut reply: Reply = self.redis.run(&retire).await?;
        match reply.word.as_str() {
            "OK" | "NOPLAN" => {}
            "STATE" => {
                let detail = format!(
                    "cannot retire job {}: it is in state {}, which is not final",
                    job.id,
                    reply.text()?
                );
                return Err(StoreError::Changed { detail });
            }
            _ => return Err(reply.into_error(&job.id)),
        }
        let mut unlink = cmd("UNLINK");
        self.redis.run::<()>(unlink.arg(presence(&job.id))).await?;
        // Last, since a job that is listed without keys is skipped, but the keys of an unlisted job would stay forever.
        self.redis
            .run(cmd("ZREM").arg(JOBS).arg(job.id.as_str()))
            .await
    }

    async fn checkpoint(&self) -> StoreResult<Checkpoint> {
        self.snapshot().await
    }

    async fn health(&self, job: Option<&JobId>) -> StoreResult<Health> {
        self.examine(job).await
    }
}

impl RedisStore {
    async fn list(&self, job: &JobId) -> StoreResult<()> {
        let mut get = cmd("HGET");
        get.arg(JobKey::Meta.of(job)).arg("created");
        let created: Option<u64> = self.redis.run(&get).await?;
        let mut add = cmd("ZADD");
        add.arg(JOBS)
            .arg("NX")
            .arg(created.unwrap_or_default())
            .arg(job.as_str());
        self.redis.run(&add).await
    }
}

//! Outputs that attempts stored, as the manifests of the tasks name them.

use std::ops::Range;

use ::redis::{Pipeline, Value, from_redis_value, pipe};
use mapreduce::TaskIndex;
use serde::Deserialize;

use super::entries::items;
use super::errors::{fatal, lost};
use super::keys::JobKey;
use super::reply::{Reply, call};
use super::store::RedisStore;
use crate::{Blame, JobRef, OutputStore, ReopenReply, StoreResult, Stored};

/// Manifests per page: below a millisecond of Redis' time.
const PAGE: usize = 1_000;

/// What the table `done` holds of a task; the rest of it is for people.
#[derive(Debug, Deserialize)]
struct Manifest {
    blob: Option<Stored>,
}

impl OutputStore for RedisStore {
    async fn outputs(&self, job: &JobRef, tasks: Range<u32>) -> StoreResult<Vec<Option<Stored>>> {
        let mut found = Vec::with_capacity(tasks.len());
        for start in tasks.clone().step_by(PAGE) {
            let end = tasks.end.min(start.saturating_add(PAGE as u32));
            let answers = self.redis.run_all(&questions(job, start..end)).await?;
            let [plan, page] = <[Value; 2]>::try_from(answers)
                .map_err(|_| fatal("two questions were not answered by two answers".to_owned()))?;
            check_plan(job, plan)?;
            for (index, text) in (start..end).zip(items(page)) {
                found.push(read(job, TaskIndex(index), text)?);
            }
        }
        Ok(found)
    }

    async fn reopen(
        &self,
        job: &JobRef,
        task: TaskIndex,
        attempt: &str,
        blame: &Blame,
    ) -> StoreResult<ReopenReply> {
        let mut reopen = call("mr1_reopen", &job.id);
        reopen
            .arg(job.plan.to_string())
            .arg(task.0)
            .arg(attempt)
            .arg(blame.max_attempts)
            .arg(&blame.reason);
        let reply: Reply = self.redis.run(&reopen).await?;
        match reply.word.as_str() {
            "REOPENED" => Ok(ReopenReply::Reopened),
            "DEAD" => Ok(ReopenReply::Dead),
            "STALE" | "STATE" => Ok(ReopenReply::Stale),
            _ => Err(reply.into_error(&job.id)),
        }
    }
}

/// The text of an output in a manifest; the function library reads it by this very form.
pub(super) fn manifest(stored: &Stored) -> String {
    serde_json::to_string(stored).expect("plain data is JSON")
}

/// Asks for the plan with every page: after a rollback the table may be another's.
fn questions(job: &JobRef, tasks: Range<u32>) -> Pipeline {
    let mut questions = pipe();
    questions
        .cmd("HGET")
        .arg(JobKey::Meta.of(&job.id))
        .arg("plan");
    questions.cmd("HMGET").arg(JobKey::Done.of(&job.id));
    for index in tasks {
        questions.arg(index);
    }
    questions
}

fn check_plan(job: &JobRef, answer: Value) -> StoreResult<()> {
    let plan: Option<String> = from_redis_value(answer)
        .map_err(|error| fatal(format!("the plan of job {}: {error}", job.id)))?;
    if plan == Some(job.plan.to_string()) {
        return Ok(());
    }
    Err(lost(format!("the plan of job {}", job.id)))
}

/// What the manifest of a task says of its output.
fn read(job: &JobRef, task: TaskIndex, text: Value) -> StoreResult<Option<Stored>> {
    let unreadable = |error: &dyn std::fmt::Display| {
        fatal(format!(
            "the manifest of task {task} of job {} in {} is unreadable: {error}",
            job.id,
            JobKey::Done.of(&job.id)
        ))
    };
    let text: Option<Vec<u8>> = from_redis_value(text).map_err(|error| unreadable(&error))?;
    let Some(text) = text else {
        return Ok(None);
    };
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| unreadable(&error))?;
    Ok(manifest.blob)
}

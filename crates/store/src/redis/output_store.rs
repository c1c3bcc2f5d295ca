//! Reads the outputs of attempts from the manifests of their tasks.

use std::ops::Range;

use ::redis::{Cmd, Value, cmd, from_redis_value};
use mapreduce_core::TaskIndex;
use serde::Deserialize;

use super::entries::items;
use super::errors::{fatal, lost};
use super::keys::JobKey;
use super::reply::{Reply, call};
use super::store::RedisStore;
use crate::error::StoreResult;
use crate::traits::OutputStore;
use crate::types::{AttemptFailure, JobRef, ReopenReply, StoredOutput};

/// Manifests per page. A page takes Redis less than a millisecond.
const PAGE: usize = 1_000;

/// Part of a manifest in the hash `done` that the programs read. The rest is for diagnosis.
#[derive(Debug, Deserialize)]
struct Manifest {
    blob: Option<StoredOutput>,
}

impl OutputStore for RedisStore {
    async fn outputs(
        &self,
        job: &JobRef,
        tasks: Range<u32>,
    ) -> StoreResult<Vec<Option<StoredOutput>>> {
        let mut found = Vec::with_capacity(tasks.len());
        for start in tasks.clone().step_by(PAGE) {
            let end = tasks.end.min(start.saturating_add(PAGE as u32));
            let page = self.redis.run(&manifests(job, start..end)).await?;
            for (index, text) in (start..end).zip(items(page)) {
                found.push(read(job, TaskIndex(index), text)?);
            }
        }
        // Checked last, so that no output from before a rollback or of another plan is returned.
        self.check_plan(job).await?;
        Ok(found)
    }

    async fn reopen(
        &self,
        job: &JobRef,
        task: TaskIndex,
        attempt: &str,
        failure: &AttemptFailure,
    ) -> StoreResult<ReopenReply> {
        let mut reopen = call("mr1_reopen", &job.id);
        reopen
            .arg(job.plan.to_string())
            .arg(task.0)
            .arg(attempt)
            .arg(failure.max_attempts)
            .arg(&failure.reason);
        let reply: Reply = self.redis.run(&reopen).await?;
        match reply.word.as_str() {
            "REOPENED" => Ok(ReopenReply::Reopened),
            "DEAD" => Ok(ReopenReply::Dead),
            "STALE" | "STATE" => Ok(ReopenReply::Stale),
            _ => Err(reply.into_error(&job.id)),
        }
    }
}

/// Returns the JSON of an output in a manifest. The function library depends on this exact form.
pub(super) fn manifest(stored: &StoredOutput) -> String {
    serde_json::to_string(stored).expect("plain data is JSON")
}

impl RedisStore {
    async fn check_plan(&self, job: &JobRef) -> StoreResult<()> {
        let mut get = cmd("HGET");
        get.arg(JobKey::Meta.of(&job.id)).arg("plan");
        let plan: Option<String> = self.redis.run(&get).await?;
        match plan {
            Some(plan) if plan == job.plan.to_string() => Ok(()),
            _ => Err(lost(format!("the plan of job {}", job.id))),
        }
    }
}

fn manifests(job: &JobRef, tasks: Range<u32>) -> Cmd {
    let mut get = cmd("HMGET");
    get.arg(JobKey::Done.of(&job.id));
    for index in tasks {
        get.arg(index);
    }
    get
}

/// Parses the output in the manifest of a task.
pub(super) fn read(
    job: &JobRef,
    task: TaskIndex,
    text: Value,
) -> StoreResult<Option<StoredOutput>> {
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

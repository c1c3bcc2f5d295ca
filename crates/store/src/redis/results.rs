//! Reads the counts of a finished job in pages, and checks that the pages are consistent.

use ::redis::{Value, cmd, from_redis_value};
use mapreduce_core::{JobId, Pairs};

use super::commit_batches::MAX_SUM;
use super::entries::items;
use super::errors::{fatal, lost};
use super::keys::JobKey;
use super::server::Info;
use super::store::RedisStore;
use crate::error::{StoreError, StoreResult};
use crate::types::{JobRef, JobState};

/// Pairs per page. Redis serves no other client while it reads a page, about 10 ms.
const PAGE: usize = 20_000;

/// State of the job that must not change while the pages are read.
#[derive(Debug, PartialEq)]
struct Snapshot {
    run_id: String,
    plan: String,
    state: String,
    /// Numbers of map tasks and of all tasks. Only a job without reduce tasks counts in Redis.
    tasks: (Option<u32>, Option<u32>),
    /// Sum of the counts of all commits.
    sum: u64,
}

impl RedisStore {
    pub(super) async fn read_results(&self, job: &JobRef) -> StoreResult<Vec<Pairs>> {
        let before = self.snapshot_of(&job.id).await?;
        if before.plan != job.plan.to_string() || before.state != JobState::Done.as_str() {
            return Err(changed(format!(
                "job {} is in state {}",
                job.id, before.state
            )));
        }
        if before.tasks.0 != before.tasks.1 {
            return Err(fatal(format!(
                "the results of job {} are in the outputs of its reduce tasks, not in counts",
                job.id
            )));
        }
        let (mut pages, mut sum, mut start) = (Vec::new(), 0u64, 0);
        loop {
            let mut range = cmd("ZRANGE");
            range
                .arg(JobKey::Counts.of(&job.id))
                .arg(start)
                .arg(start + PAGE - 1)
                .arg("WITHSCORES");
            let page = page(self.redis.run(&range).await?)?;
            let len = page.len();
            sum = sum.saturating_add(page.total().unwrap_or(u64::MAX));
            pages.push(page);
            if len < PAGE {
                break;
            }
            start += PAGE;
        }
        let after = self.snapshot_of(&job.id).await?;
        if after != before {
            return Err(changed(format!(
                "its state was {before:?} and is now {after:?}"
            )));
        }
        if sum != before.sum {
            return Err(changed(format!(
                "the counts add up to {sum}, not to {}",
                before.sum
            )));
        }
        Ok(pages)
    }

    async fn snapshot_of(&self, job: &JobId) -> StoreResult<Snapshot> {
        let info: String = self.redis.run(cmd("INFO").arg("server")).await?;
        let mut get = cmd("HMGET");
        get.arg(JobKey::Meta.of(job));
        get.arg(&["plan", "state", "maps", "total", "sum"]);
        let (plan, state, maps, total, sum): (Option<_>, Option<_>, _, _, Option<_>) =
            self.redis.run(&get).await?;
        let gone = || lost(format!("the plan of job {job}"));
        Ok(Snapshot {
            run_id: Info::parse(&info).get("run_id").to_owned(),
            plan: plan.ok_or_else(gone)?,
            state: state.ok_or_else(gone)?,
            tasks: (maps, total),
            sum: sum.unwrap_or_default(),
        })
    }
}

pub(super) fn page(reply: Value) -> StoreResult<Pairs> {
    let members = items(reply);
    let mut pairs = Pairs::with_capacity(members.len() / 2, members.len() * 6);
    for pair in members.chunks_exact(2) {
        let [Value::BulkString(key), score] = pair else {
            return Err(fatal(
                "cannot parse a page of counts: unexpected reply".to_owned(),
            ));
        };
        pairs.push(key, count(score)?);
    }
    Ok(pairs)
}

/// Converts a score to a count. Any other score means that another program changed the key.
fn count(score: &Value) -> StoreResult<u64> {
    let number: f64 = from_redis_value(score.clone())
        .map_err(|error| fatal(format!("a score is not a number: {error}")))?;
    if number < 1.0 || number > MAX_SUM as f64 || number.fract() != 0.0 {
        return Err(changed(format!("{number} is not a valid count")));
    }
    Ok(number as u64)
}

fn changed(detail: String) -> StoreError {
    StoreError::Changed { detail }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bulk(text: &str) -> Value {
        Value::BulkString(text.as_bytes().to_vec())
    }

    #[test]
    fn a_page_holds_exact_counts() {
        let reply = [("a", "1"), ("b", "9007199254740992")];
        let reply = reply
            .iter()
            .flat_map(|(key, score)| [bulk(key), bulk(score)])
            .collect();
        let found = page(Value::Array(reply)).unwrap();
        assert!(found.iter().eq([(&b"a"[..], 1), (b"b", MAX_SUM)]));
    }

    #[test]
    fn scores_that_are_not_counts_are_refused() {
        for score in ["0", "-1", "1.5", "1e+17", "inf", "nan", "x"] {
            assert!(count(&bulk(score)).is_err(), "{score}");
        }
    }
}

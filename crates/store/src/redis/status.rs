//! Status of jobs: their list, headers and counters.

use ::redis::{Cmd, cmd};
use mapreduce_core::{Counters, JobId, TaskIndex};

use super::abi::ABI;
use super::errors::fatal;
use super::keys::{JOBS, JobKey, presence};
use super::reply::{Reply, call, lossy};
use super::store::RedisStore;
use crate::error::StoreResult;
use crate::types::{JobAvailability, JobHeader, JobRecord, JobRef, JobState, JobStatus};

impl RedisStore {
    /// Returns the ids of the listed jobs, oldest first.
    async fn listed(&self) -> StoreResult<Vec<JobId>> {
        let ids: Vec<String> = self
            .redis
            .run(cmd("ZRANGE").arg(JOBS).arg(0).arg(-1))
            .await?;
        Ok(ids
            .into_iter()
            .filter_map(|id| JobId::new(id).ok())
            .collect())
    }

    pub(super) async fn records(&self) -> StoreResult<Vec<JobRecord>> {
        let mut records = Vec::new();
        for id in self.listed().await? {
            let found: (Option<String>, Option<String>) =
                self.redis.run(&meta(&id, &["plan", "state"])).await?;
            // A listed job without a plan was rolled back. Its master plans it again.
            let (Some(plan), Some(state)) = found else {
                continue;
            };
            let (Ok(plan), Ok(state)) = (plan.parse(), state.parse()) else {
                continue;
            };
            records.push(JobRecord {
                job: JobRef { id, plan },
                state,
            });
        }
        Ok(records)
    }

    /// Returns the oldest job that a worker of this version can join.
    pub(super) async fn ready_job(&self) -> StoreResult<Option<JobHeader>> {
        for id in self.listed().await? {
            let fields = ["plan", "state", "abi", "maps", "total", "spec", "owner"];
            let found: Vec<Option<String>> = self.redis.run(&meta(&id, &fields)).await?;
            let found: Option<Vec<String>> = found.into_iter().collect();
            let Some([plan, state, abi, maps, total, spec, owner]) =
                found.and_then(|found| <[String; 7]>::try_from(found).ok())
            else {
                continue;
            };
            if !matches!(state.parse(), Ok(JobState::Map | JobState::Reduce)) {
                continue;
            }
            if abi != ABI {
                tracing::warn!(job = %id, abi, ours = ABI, "skipping a job of another version");
                continue;
            }
            let (Ok(plan), Ok(maps), Ok(total)) = (plan.parse(), maps.parse(), total.parse())
            else {
                continue;
            };
            if !self.is_watched(&id).await? {
                continue;
            }
            return Ok(Some(JobHeader {
                job: JobRef { id, plan },
                spec,
                maps,
                total,
                owner,
            }));
        }
        Ok(None)
    }

    pub(super) async fn job_standing(&self, job: &JobRef) -> StoreResult<JobAvailability> {
        let mut get = cmd("HMGET");
        get.arg(JobKey::Meta.of(&job.id))
            .arg(&["plan", "state", "retired"]);
        let (plan, word, retired): (Option<String>, Option<String>, Option<String>) =
            self.redis.run(&get).await?;
        let (Some(plan), Some(word)) = (plan, word) else {
            return Ok(JobAvailability::Unknown);
        };
        Ok(match state(&job.id, &word)? {
            _ if plan != job.plan.to_string() => JobAvailability::Unknown,
            _ if retired.is_some() => JobAvailability::Over,
            JobState::Planning => JobAvailability::Unknown,
            _ if !self.is_watched(&job.id).await? => JobAvailability::Unwatched,
            _ => JobAvailability::Needed,
        })
    }

    pub(super) async fn is_watched(&self, job: &JobId) -> StoreResult<bool> {
        let mut exists = cmd("EXISTS");
        self.redis.run(exists.arg(presence(job))).await
    }

    pub(super) async fn read_job_status(&self, job: &JobId) -> StoreResult<Option<JobStatus>> {
        let mut reply: Reply = self.redis.run(&call("mr1_status", job)).await?;
        match reply.word.as_str() {
            "OK" => read_status(job, &mut reply).map(Some),
            "NOPLAN" => Ok(None),
            _ => Err(reply.into_error(job)),
        }
    }
}

fn meta(job: &JobId, fields: &[&str]) -> Cmd {
    let mut get = cmd("HMGET");
    get.arg(JobKey::Meta.of(job)).arg(fields);
    get
}

fn state(job: &JobId, word: &str) -> StoreResult<JobState> {
    word.parse()
        .map_err(|()| fatal(format!("job {job} is in an unknown state {word:?}")))
}

fn number<T: std::str::FromStr>(job: &JobId, name: &str, text: &str) -> StoreResult<T> {
    text.parse().map_err(|_| {
        fatal(format!(
            "job {job} has an invalid {name} in Redis: {text:?}"
        ))
    })
}

pub(super) fn read_status(job: &JobId, reply: &mut Reply) -> StoreResult<JobStatus> {
    let meta: Vec<Option<Vec<u8>>> = reply.next()?;
    let mut meta = meta.into_iter().map(|field| field.map(lossy));
    let mut field = || meta.next().flatten();
    let mut required = || field().unwrap_or_default();
    let (plan, word, maps, total) = (required(), required(), required(), required());
    let (planned, beats) = (required(), required());
    let reason = field();
    Ok(JobStatus {
        plan: number(job, "plan", &plan)?,
        state: state(job, &word)?,
        maps: number(job, "maps", &maps)?,
        total: number(job, "total", &total)?,
        planned: number(job, "next", &planned)?,
        beats: number(job, "beats", &beats)?,
        reason,
        done: reply.next()?,
        pending: reply.next()?,
        waiting: reply.next()?,
        failed: reply.next()?,
        dead: reply.next()?,
        workers: reply.next()?,
        counters: counters(job, reply.next()?)?,
        dead_letters: dead_letters(reply.next()?),
    })
}

fn counters(job: &JobId, flat: Vec<Vec<u8>>) -> StoreResult<Counters> {
    let mut sums = Counters::default();
    let mut flat = flat.into_iter().map(lossy);
    while let (Some(name), Some(value)) = (flat.next(), flat.next()) {
        if let Some(sum) = sums.field_mut(&name) {
            *sum = number(job, &name, &value)?;
        }
    }
    Ok(sums)
}

fn dead_letters(flat: Vec<Vec<u8>>) -> Vec<(TaskIndex, String)> {
    let mut letters = Vec::new();
    let mut flat = flat.into_iter().map(lossy);
    while let (Some(index), Some(reason)) = (flat.next(), flat.next()) {
        if let Ok(index) = index.parse() {
            letters.push((TaskIndex(index), reason));
        }
    }
    letters
}

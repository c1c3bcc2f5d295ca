//! Diagnosis of Redis and of a job, from `INFO` and `XPENDING`.

use std::time::Duration;

use ::redis::{Value, cmd, from_redis_value};
use mapreduce_core::{JobId, TaskIndex};

use super::entries::items;
use super::keys::{GROUP, JobKey};
use super::server::Info;
use super::store::RedisStore;
use crate::error::{StoreError, StoreResult};
use crate::types::{Health, HeldTask, StoreProblem};

/// Number of held tasks that are reported.
const REPORTED_TASKS: u32 = 3;
/// Percentage of the memory limit from which Redis counts as out of memory. A refused write of a large commit frees its
/// memory again, so the usage stays below the limit.
const FULL_PERCENT: u64 = 97;

impl RedisStore {
    pub(super) async fn examine(&self, job: Option<&JobId>) -> StoreResult<Health> {
        let info: String = self.redis.run(&cmd("INFO")).await?;
        let mut health = Health {
            problems: problems(&Info::parse(&info)),
            ..Health::default()
        };
        let Some(job) = job else {
            return Ok(health);
        };
        match self.held_tasks(job).await {
            Ok((held, generation)) => {
                health.held = held;
                health.generation = generation;
            }
            // The job does not exist, or not yet.
            Err(StoreError::Lost { .. }) => {}
            Err(StoreError::Fatal { detail }) => {
                health.problems.push(StoreProblem::HoldersHidden { detail });
            }
            Err(error) => return Err(error),
        }
        Ok(health)
    }

    async fn held_tasks(&self, job: &JobId) -> StoreResult<(Vec<HeldTask>, u64)> {
        let mut pending = cmd("XPENDING");
        pending.arg(JobKey::Tasks.of(job)).arg(GROUP);
        let pending: Value = self
            .redis
            .run(pending.arg("-").arg("+").arg(REPORTED_TASKS))
            .await?;
        let mut get = cmd("HMGET");
        get.arg(JobKey::Meta.of(job)).arg("gen").arg("backups");
        let (generation, backups): (Option<u64>, Option<u64>) = self.redis.run(&get).await?;
        // The generations of backup attempts are subtracted, since no task was returned for them.
        let generation = generation.map(|all| all.saturating_sub(backups.unwrap_or(0)));
        let held = items(pending).into_iter().filter_map(held);
        Ok((held.collect(), generation.unwrap_or_default()))
    }
}

/// Parses a row of `XPENDING`: entry, consumer, idle time in milliseconds, deliveries.
fn held(line: Value) -> Option<HeldTask> {
    let (entry, worker, idle, deliveries): (String, String, u64, u32) =
        from_redis_value(line).ok()?;
    let (_, number) = entry.split_once('-')?;
    let index = TaskIndex(number.parse::<u32>().ok()?.checked_sub(1)?);
    Some(HeldTask {
        index,
        entry,
        worker,
        idle: Duration::from_millis(idle),
        deliveries,
    })
}

/// Returns the problems that `INFO` reveals, most severe first.
fn problems(info: &Info<'_>) -> Vec<StoreProblem> {
    let mut found = Vec::new();
    if info.get("loading") == "1" {
        found.push(StoreProblem::Loading);
    }
    if info.get("role") == "slave" {
        found.push(StoreProblem::Replica);
    }
    found.extend(out_of_memory(info));
    if info.get("aof_enabled") == "1" && info.get("aof_last_write_status") == "err" {
        found.push(StoreProblem::AppendOnlyFileFails);
    }
    if info.get("rdb_last_bgsave_status") == "err" {
        let age = last_snapshot(info);
        found.push(StoreProblem::SnapshotsFail { age });
    }
    let policy = info.get("maxmemory_policy");
    if !["", "noeviction"].contains(&policy) {
        let policy = policy.to_owned();
        found.push(StoreProblem::MayEvict { policy });
    }
    match info.number("evicted_keys") {
        None | Some(0) => {}
        Some(keys) => found.push(StoreProblem::Evicted { keys }),
    }
    found
}

fn out_of_memory(info: &Info<'_>) -> Option<StoreProblem> {
    let limit = info.number("maxmemory").filter(|limit| *limit > 0)?;
    // Buffers for replicas and for the append-only file do not count against the limit.
    let buffers = info.number("mem_not_counted_for_evict").unwrap_or_default();
    let used = info.number("used_memory")?.saturating_sub(buffers);
    (used >= limit / 100 * FULL_PERCENT).then_some(StoreProblem::OutOfMemory { used, limit })
}

fn last_snapshot(info: &Info<'_>) -> Option<Duration> {
    let saved = info.number("rdb_last_save_time")?;
    let now = info.number("server_time_usec")? / 1_000_000;
    Some(Duration::from_secs(now.saturating_sub(saved)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEALTHY: &str = "server_time_usec:107000000\r\nloading:0\r\nrole:master\r\nused_memory:900\r\n\
        maxmemory:1000\r\nmaxmemory_policy:noeviction\r\nmem_not_counted_for_evict:50\r\naof_enabled:1\r\n\
        aof_last_write_status:ok\r\nrdb_last_bgsave_status:ok\r\nrdb_last_save_time:100\r\nevicted_keys:0\r\n";

    fn found(changes: &[(&str, &str)]) -> Vec<StoreProblem> {
        let mut text = HEALTHY.to_owned();
        for (old, new) in changes {
            assert!(text.contains(old), "{old}");
            text = text.replace(old, new);
        }
        problems(&Info::parse(&text))
    }

    fn check(change: (&str, &str), expected: StoreProblem, says: &[&str]) {
        assert_eq!(found(&[change]), std::slice::from_ref(&expected));
        let text = expected.to_string();
        for part in says {
            assert!(text.contains(part), "{part} is not in: {text}");
        }
    }

    #[test]
    fn a_healthy_server_has_no_problems() {
        assert_eq!(found(&[]), []);
        assert_eq!(found(&[("maxmemory:1000", "maxmemory:0")]), []);
        // An older server may not report these fields.
        assert_eq!(problems(&Info::parse("")), []);
    }

    #[test]
    fn each_problem_is_found_and_gives_advice() {
        check(("loading:0", "loading:1"), StoreProblem::Loading, &["wait"]);
        check(
            ("role:master", "role:slave"),
            StoreProblem::Replica,
            &["redis.url", "primary"],
        );
        let (used, limit) = (1150, 1000);
        check(
            ("used_memory:900", "used_memory:1200"),
            StoreProblem::OutOfMemory { used, limit },
            &["1150", "1000", "raise maxmemory"],
        );
        check(
            ("aof_last_write_status:ok", "aof_last_write_status:err"),
            StoreProblem::AppendOnlyFileFails,
            &["append-only", "disk"],
        );
        let age = Some(Duration::from_secs(7));
        check(
            ("rdb_last_bgsave_status:ok", "rdb_last_bgsave_status:err"),
            StoreProblem::SnapshotsFail { age },
            &["7 s ago", "disk", "log"],
        );
        let policy = "allkeys-lru".to_owned();
        check(
            ("noeviction", "allkeys-lru"),
            StoreProblem::MayEvict { policy },
            &["allkeys-lru", "noeviction"],
        );
        check(
            ("evicted_keys:0", "evicted_keys:5"),
            StoreProblem::Evicted { keys: 5 },
            &["5 keys", "noeviction"],
        );
    }

    #[test]
    fn memory_counts_as_full_slightly_below_its_limit_and_without_buffers() {
        let used = |bytes: &str| found(&[("used_memory:900", &format!("used_memory:{bytes}"))]);
        // 50 bytes of this are buffers.
        assert_eq!(used("1019"), []);
        let (used_up, limit) = (970, 1000);
        let expected = StoreProblem::OutOfMemory {
            used: used_up,
            limit,
        };
        assert_eq!(used("1020"), [expected]);
    }

    #[test]
    fn problems_that_stop_writes_come_before_risks() {
        let all = found(&[
            ("evicted_keys:0", "evicted_keys:5"),
            ("noeviction", "allkeys-lru"),
            ("rdb_last_bgsave_status:ok", "rdb_last_bgsave_status:err"),
            ("used_memory:900", "used_memory:2000"),
        ]);
        assert!(
            matches!(
                &all[..],
                [
                    StoreProblem::OutOfMemory { .. },
                    StoreProblem::SnapshotsFail { .. },
                    StoreProblem::MayEvict { .. },
                    StoreProblem::Evicted { .. }
                ]
            ),
            "{all:?}"
        );
    }
}

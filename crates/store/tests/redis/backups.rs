//! Backup attempts after rollbacks and after changes by other programs.

use std::time::Duration;

use store::conformance::Harness;
use store::conformance::test_job::{TestJob, counts, worker};
use store::{Backup, Claim, CommitReply, JobStore, RedisStore, StoreError, TaskStore};

use crate::harness::{Redis, key};

const LEASE: Duration = Duration::from_secs(100);

/// Claims a backup attempt at the task that `slow` has held for two leases.
async fn claim_backup(redis: &Redis, job: &TestJob<RedisStore>) -> Claim {
    redis.age_leases(job.job(), 2 * LEASE).await;
    match job.store.backup(job.job(), &worker("b"), LEASE).await {
        Ok(Backup::Claimed { claim, .. }) => claim,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_backup_attempt_that_a_rollback_removed_still_counts() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 1).await;
    let slow = job.claim_one("slow").await;
    redis.server.save();
    let backup = claim_backup(&redis, &job).await;
    redis.server.restart();
    let mut tries = 0;
    while let Err(error) = job.store.connect().await {
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        tries += 1;
        assert!(tries < 20, "the store does not reconnect");
    }
    let counted = job.commit("b", &backup.task, &[("x", 1)]).await;
    assert_eq!(counted, CommitReply::Committed);
    let late = job.commit("slow", &slow.task, &[("x", 1)]).await;
    assert_eq!(late, CommitReply::Duplicate);
    assert_eq!(job.status().await.pending, 0);
    assert_eq!(job.results().await, counts(&[("x", 1)]));
}

#[tokio::test]
async fn invalid_hold_times_are_ignored() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 2).await;
    let slow = job.claim("slow", 2).await;
    for (field, value) in [
        (slow[0].task.entry.as_str(), "soon slow"),
        (slow[1].task.entry.as_str(), "99999999999999999999 slow"),
        ("map", "3"),
        ("reduce", "-1 x"),
    ] {
        redis.run::<u32>(&["HSET", &key("held"), field, value]);
    }
    let backup = claim_backup(&redis, &job).await;
    let counted = job.commit("b", &backup.task, &[("x", 1)]).await;
    assert_eq!(counted, CommitReply::Committed);
    let recorded: String = redis.run(&["HGET", &key("held"), "map"]);
    assert!(recorded.starts_with("1 "), "{recorded}");
}

#[tokio::test]
async fn hold_times_are_removed_once_tasks_are_done() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 1).await;
    let slow = job.claim_one("slow").await;
    let tasks = [slow.task.clone()];
    let renewed = job.store.renew(job.job(), &worker("slow"), &tasks).await;
    renewed.unwrap();
    let fields = || redis.run::<Vec<String>>(&["HKEYS", &key("held")]);
    assert_eq!(fields(), [slow.task.entry.as_str()]);
    job.commit("slow", &slow.task, &[("x", 1)]).await;
    assert_eq!(fields(), ["map"]);
    job.store.finish(job.job()).await.unwrap();
    assert_eq!(fields(), [""; 0]);
}

#[tokio::test]
async fn no_backup_attempts_are_made_while_many_tasks_are_held() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 258).await;
    let fast = job.claim_one("fast").await;
    job.commit("fast", &fast.task, &[("x", 1)]).await;
    let slow = job.claim("slow", 257).await;
    redis.age_leases(job.job(), 2 * LEASE).await;
    let backup = job.store.backup(job.job(), &worker("b"), LEASE).await;
    assert_eq!(backup.unwrap(), Backup::None);
    job.commit("slow", &slow[0].task, &[("x", 1)]).await;
    claim_backup(&redis, &job).await;
}

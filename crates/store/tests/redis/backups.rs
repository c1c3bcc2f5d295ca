//! Second attempts, under what only Redis can do to them.

use std::time::Duration;

use store::conformance::Harness;
use store::conformance::job::{TestJob, counts, worker};
use store::{Backup, Claim, CommitReply, JobStore, RedisStore, StoreError, TaskStore};

use crate::harness::{Redis, key};

const LEASE: Duration = Duration::from_secs(100);

/// Claims a second attempt at what `slow` has held for twice a lease.
async fn claim_backup(redis: &Redis, job: &TestJob<RedisStore>) -> Claim {
    redis.age_leases(job.job(), 2 * LEASE).await;
    match job.store.backup(job.job(), &worker("b"), LEASE).await {
        Ok(Backup::Claimed { claim, .. }) => claim,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_backup_that_a_rollback_forgot_counts_all_the_same() {
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
        assert!(tries < 20, "it does not reconnect");
    }
    let counted = job.commit("b", &backup.task, &[("x", 1)]).await;
    assert_eq!(counted, CommitReply::Committed);
    let late = job.commit("slow", &slow.task, &[("x", 1)]).await;
    assert_eq!(late, CommitReply::Duplicate);
    assert_eq!(job.status().await.pending, 0);
    assert_eq!(job.results().await, counts(&[("x", 1)]));
}

#[tokio::test]
async fn nonsense_among_the_times_is_no_time() {
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
    let learnt: String = redis.run(&["HGET", &key("held"), "map"]);
    assert!(learnt.starts_with("1 "), "{learnt}");
}

#[tokio::test]
async fn nothing_is_left_of_times_once_tasks_are_done() {
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
async fn while_many_tasks_are_held_there_are_no_backups() {
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

//! The two phases of a job with rollbacks and losses.

use mapreduce_core::TaskIndex;
use store::conformance::Harness;
use store::conformance::test_job::{TestJob, indexes, payloads, undelivered};
use store::{CommitReply, FinishReply, JobState, JobStore, PlanReply, RedisStore, StoreError};

use crate::harness::{Redis, key};

/// Restarts Redis from its last snapshot, or empty, and reconnects.
async fn restart(redis: &Redis, job: &TestJob<RedisStore>, empty: bool) {
    match empty {
        true => redis.server.restart_empty(),
        false => redis.server.restart(),
    }
    for _ in 0..20 {
        if job.store.connect().await.is_ok() {
            return;
        }
    }
    panic!("the store does not reconnect");
}

async fn check_done(job: &TestJob<RedisStore>, attempts: &[&str]) {
    let finished = job.store.finish(job.job()).await.unwrap();
    assert_eq!(finished, FinishReply::Done);
    let status = job.status().await;
    let tasks = attempts.len() as u32;
    assert_eq!((status.done, status.pending), (tasks, 0));
    assert_eq!(status.counters.records, u64::from(tasks));
    let expected: Vec<_> = attempts
        .iter()
        .map(|name| Some((*name).to_owned()))
        .collect();
    assert_eq!(job.attempts(0..tasks).await, expected);
}

#[tokio::test]
async fn a_snapshot_of_the_map_phase_undoes_the_reduce_phase() {
    let redis = Redis::start();
    let job = TestJob::reducing(&redis, 2, 2).await;
    let maps = job.claim("w", 2).await;
    job.commit_stored("w", &maps[0].task, "m0").await;
    redis.server.save();
    job.commit_stored("w", &maps[1].task, "m1").await;
    assert_eq!(job.plan(2..4).await, PlanReply::Complete);
    let reduces = job.claim("w", 2).await;
    job.commit_stored("w", &reduces[0].task, "r2").await;
    restart(&redis, &job, false).await;

    job.check_state(JobState::Map).await;
    assert_eq!(job.status().await.planned, 2);
    assert_eq!(job.attempts(0..4).await[1..], [None, None, None]);
    // The worker is still running, but its reduce task is not planned and cannot be yet.
    let early = job.commit_stored("w", &reduces[1].task, "r3").await;
    assert_eq!(early, CommitReply::State(JobState::Planning));
    assert_eq!(job.plan(0..2).await, PlanReply::Complete);
    assert_eq!(job.plan(2..4).await, PlanReply::Complete);
    assert_eq!(job.status().await.planned, 2);
    assert_eq!(job.store.missing(job.job(), 9).await.unwrap(), []);
    job.commit_stored("w", &maps[1].task, "again1").await;
    assert_eq!(job.plan(2..4).await, PlanReply::Complete);
    let late = job.commit_stored("w", &reduces[1].task, "r3").await;
    assert_eq!(late, CommitReply::Committed);
    let claims = job.claim("w", 2).await;
    assert_eq!(indexes(&claims), [2, 3]);
    let repeated = job.commit_stored("w", &claims[1].task, "x3").await;
    assert_eq!(repeated, CommitReply::Duplicate);
    job.commit_stored("w", &claims[0].task, "again2").await;
    check_done(&job, &["m0", "again1", "again2", "r3"]).await;
}

#[tokio::test]
async fn a_partly_planned_reduce_phase_is_completed_after_a_rollback() {
    let redis = Redis::start();
    let job = TestJob::reducing(&redis, 1, 3).await;
    job.store_all("m").await;
    assert_eq!(job.plan(1..2).await, PlanReply::Next(2));
    redis.server.save();
    assert_eq!(job.plan(2..4).await, PlanReply::Complete);
    restart(&redis, &job, false).await;
    job.check_state(JobState::Map).await;
    assert_eq!(job.plan(3..4).await, PlanReply::Gap(2));
    assert_eq!(job.plan(1..4).await, PlanReply::Complete);
    job.check_state(JobState::Reduce).await;
    job.store_all("r").await;
    check_done(&job, &["m0", "r1", "r2", "r3"]).await;
}

#[tokio::test]
async fn an_empty_redis_starts_with_the_map_phase() {
    let redis = Redis::start();
    let job = TestJob::reduced(&redis, 1, 1).await;
    let task = job.claim_one("w").await.task;
    restart(&redis, &job, true).await;
    let reply = job.commit_stored("w", &task, "r1").await;
    assert_eq!(reply, CommitReply::NoPlan);
    assert_eq!(job.plan(1..2).await, PlanReply::Gap(0));
    assert_eq!(job.store.status(job.id()).await.unwrap(), None);
    assert_eq!(job.plan(0..1).await, PlanReply::Complete);
    job.store_all("again").await;
    assert_eq!(job.plan(1..2).await, PlanReply::Complete);
    job.store_all("again").await;
    check_done(&job, &["again0", "again1"]).await;
}

#[tokio::test]
async fn a_task_can_be_reopened_again_after_a_rollback() {
    let redis = Redis::start();
    let job = TestJob::reduced(&redis, 2, 1).await;
    redis.server.save();
    job.reopen(0, "m0").await;
    restart(&redis, &job, false).await;
    let names = ["m0", "m1"].map(|name| Some(name.to_owned()));
    assert_eq!(job.attempts(0..2).await, names);
    job.reopen(0, "m0").await;
    job.store_all("again").await;
    check_done(&job, &["again0", "m1", "again2"]).await;
}

#[tokio::test]
async fn lost_reduce_tasks_are_repaired() {
    let redis = Redis::start();
    let job = TestJob::reduced(&redis, 2, 3).await;
    let claims = job.claim("w", 1).await;
    redis.run::<u32>(&["XACK", &key("tasks"), "workers", &claims[0].task.entry]);
    redis.run::<u32>(&["XDEL", &key("tasks"), "1-5"]);
    let missing = job.store.missing(job.job(), 9).await.unwrap();
    assert_eq!(missing, [2, 4].map(TaskIndex));
    let all: Vec<_> = (0..5).map(TaskIndex).zip(payloads(0..5)).collect();
    assert_eq!(job.store.repair(job.job(), &all).await.unwrap(), 2);
    assert_eq!(job.store.missing(job.job(), 9).await.unwrap(), []);
    job.store_all("r").await;
    check_done(&job, &["m0", "m1", "r2", "r3", "r4"]).await;
}

#[tokio::test]
async fn unplanned_reduce_tasks_are_not_missing() {
    let redis = Redis::start();
    let job = TestJob::reducing(&redis, 1, 2).await;
    job.store_all("m").await;
    assert_eq!(job.store.missing(job.job(), 9).await.unwrap(), []);
    let task = (TaskIndex(1), payloads(1..2).remove(0));
    let refused = job.store.repair(job.job(), &[task]).await;
    assert!(
        matches!(refused, Err(StoreError::Fatal { .. })),
        "{refused:?}"
    );
}

#[tokio::test]
async fn planning_either_phase_creates_a_lost_group_again() {
    let redis = Redis::start();
    let job = TestJob::reducing(&redis, 2, 1).await;
    job.claim("w", 2).await;
    job.commit_stored("w", &undelivered(0), "m0").await;
    for tasks in [0..2, 2..3] {
        redis.run::<u32>(&["XGROUP", "DESTROY", &key("tasks"), "workers"]);
        assert_eq!(job.plan(tasks).await, PlanReply::Complete);
        assert_eq!(indexes(&job.claim_rest("w").await), [0, 1]);
    }
}

#[tokio::test]
async fn a_plan_with_invalid_or_changed_numbers_is_refused() {
    let redis = Redis::start();
    let plan = |total, maps| redis.call("mr1_plan", &[total, maps, "{}", "me", "2", "0", "{}"]);
    redis.store().connect().await.unwrap();
    for (total, maps) in [("2", "0"), ("2", "3"), ("2", ""), ("0", "0"), ("x", "1")] {
        assert_eq!(plan(total, maps)[0], "BAD", "{total} {maps}");
    }
    assert_eq!(redis.contents(), []);
    let job = TestJob::reducing(&redis, 2, 2).await;
    let before = redis.contents();
    for (total, maps) in [("4", "3"), ("3", "2"), ("4", "4")] {
        let reply = plan(total, maps);
        assert!(
            reply[0] == "BAD" && reply[1].contains(&key("meta")),
            "{reply:?}"
        );
    }
    assert_eq!(redis.contents(), before);
    job.store_all("m").await;
}

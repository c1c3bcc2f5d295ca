//! Tasks that are lost from the stream are found and added again.

use std::time::Duration;

use mapreduce_core::TaskIndex;
use store::conformance::Harness;
use store::conformance::test_job::{
    SHORT, TestJob, check_payload, counts, failure, indexes, payloads, worker,
};
use store::{CommitReply, EventCursor, FailReply, JobStore, PlanReply, StoreError, TaskStore};

use crate::harness::{Redis, key};

#[tokio::test]
async fn lost_tasks_are_missing_until_they_are_repaired() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 6).await;
    let claims = job.claim("a", 4).await;
    job.commit("a", &claims[0].task, &[("x", 1)]).await;
    // Task 1 is acknowledged without a commit, tasks 2 and 3 disappear with their consumer, and task 4 is deleted.
    redis.run::<u32>(&["XACK", &key("tasks"), "workers", &claims[1].task.entry]);
    redis.run::<u32>(&["XGROUP", "DELCONSUMER", &key("tasks"), "workers", "a"]);
    redis.run::<u32>(&["XDEL", &key("tasks"), "1-5"]);
    let missing = job.store.missing(job.job(), 9).await.unwrap();
    assert_eq!(missing, [1, 2, 3, 4].map(TaskIndex));
    assert_eq!(
        job.store.missing(job.job(), 2).await.unwrap(),
        [1, 2].map(TaskIndex)
    );

    let all: Vec<_> = (0..6)
        .rev()
        .map(TaskIndex)
        .zip(payloads(0..6).into_iter().rev())
        .collect();
    assert_eq!(job.store.repair(job.job(), &all).await.unwrap(), 4);
    assert_eq!(job.store.missing(job.job(), 9).await.unwrap(), []);
    assert_eq!(job.store.repair(job.job(), &all).await.unwrap(), 0);
    let again = job.claim_rest("b").await;
    assert_eq!(indexes(&again), [5, 1, 2, 3, 4]);
    assert_eq!(
        again.iter().map(|claim| claim.repeated).collect::<Vec<_>>(),
        [false, true, true, true, true]
    );
    check_payload(&again[1], 1);
    // The former holder of task 1 commits first, so the other commit is a duplicate.
    assert_eq!(
        job.commit("a", &claims[1].task, &[("x", 1)]).await,
        CommitReply::Committed
    );
    assert_eq!(
        job.commit("b", &again[1].task, &[("x", 1)]).await,
        CommitReply::Duplicate
    );
    for at in [0, 2, 3, 4] {
        assert_eq!(
            job.commit("b", &again[at].task, &[("x", 1)]).await,
            CommitReply::Committed
        );
    }
    assert_eq!(job.results().await, counts(&[("x", 6)]));
}

#[tokio::test]
async fn a_repair_wakes_the_watcher_and_skips_used_ids() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 2).await;
    // Another client used an id above those that a repair would take.
    redis.run::<String>(&["XADD", &key("tasks"), "900-7", "idx", "1", "payload", "{}"]);
    let claims = job.claim("a", 3).await;
    redis.run::<u32>(&["XACK", &key("tasks"), "workers", &claims[0].task.entry]);
    let cursor = job
        .store
        .watch(job.id(), EventCursor::default(), SHORT)
        .await
        .unwrap();
    let tasks = [(TaskIndex(0), "{}".to_owned())];
    assert_eq!(job.store.repair(job.job(), &tasks).await.unwrap(), 1);
    assert_ne!(
        job.store
            .watch(job.id(), cursor.clone(), SHORT)
            .await
            .unwrap(),
        cursor
    );
    assert_eq!(job.claim_one("b").await.task.entry, "901-1");
}

#[tokio::test]
async fn planning_creates_a_lost_group_again() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 2).await;
    let claims = job.claim("a", 1).await;
    job.commit("a", &claims[0].task, &[("x", 1)]).await;
    redis.run::<u32>(&["XGROUP", "DESTROY", &key("tasks"), "workers"]);
    let lost = [
        job.store
            .claim(job.job(), &worker("a"), 1, SHORT)
            .await
            .map(drop),
        job.store.held(job.job(), &worker("a")).await.map(drop),
        job.store
            .reclaim(job.job(), &worker("a"), SHORT, 1)
            .await
            .map(drop),
        job.store
            .renew(job.job(), &worker("a"), &[claims[0].task.clone()])
            .await
            .map(drop),
        job.store.missing(job.job(), 9).await.map(drop),
    ];
    for lost in lost {
        assert!(matches!(lost, Err(StoreError::Lost { .. })), "{lost:?}");
    }
    assert_eq!(
        job.store
            .plan(&job.header, 0, &payloads(0..2))
            .await
            .unwrap(),
        PlanReply::Complete
    );
    // All tasks are delivered again, and the done one is a duplicate.
    let again = job.claim("b", 2).await;
    assert_eq!(
        job.commit("b", &again[0].task, &[("x", 1)]).await,
        CommitReply::Duplicate
    );
    assert_eq!(
        job.commit("b", &again[1].task, &[("x", 1)]).await,
        CommitReply::Committed
    );
    assert_eq!(job.results().await, counts(&[("x", 2)]));
}

#[tokio::test]
async fn a_held_task_that_was_deleted_is_acknowledged() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 2).await;
    let claims = job.claim("a", 2).await;
    redis.run::<u32>(&["XDEL", &key("tasks"), &claims[0].task.entry]);
    assert_eq!(
        indexes(&job.store.held(job.job(), &worker("a")).await.unwrap()),
        [1]
    );
    assert_eq!(job.status().await.pending, 1);
    assert_eq!(
        job.store.missing(job.job(), 9).await.unwrap(),
        [TaskIndex(0)]
    );
    let task = claims[1].task.entry.as_str();
    redis.run::<u32>(&["XDEL", &key("tasks"), task]);
    redis.age_leases(job.job(), SHORT).await;
    assert_eq!(
        job.store
            .reclaim(job.job(), &worker("b"), SHORT, 9)
            .await
            .unwrap(),
        []
    );
    assert_eq!(
        job.store.missing(job.job(), 9).await.unwrap(),
        [0, 1].map(TaskIndex)
    );
}

#[tokio::test]
async fn an_audit_of_many_tasks_finds_the_lost_ones() {
    const TASKS: u32 = 30_000;
    let redis = Redis::start();
    let job = TestJob::planned(&redis, TASKS).await;
    job.store
        .claim(job.job(), &worker("a"), 12_345, SHORT)
        .await
        .unwrap();
    redis.run::<u32>(&["XACK", &key("tasks"), "workers", "1-12345", "1-1"]);
    redis.run::<u32>(&["XDEL", &key("tasks"), "1-30000"]);
    redis.run::<()>(&["CONFIG", "RESETSTAT"]);
    let missing = job.store.missing(job.job(), 9).await.unwrap();
    assert_eq!(missing, [0, 12_344, 29_999].map(TaskIndex));
    let all: Vec<_> = missing
        .into_iter()
        .map(|index| (index, "{}".to_owned()))
        .collect();
    assert_eq!(job.store.repair(job.job(), &all).await.unwrap(), 3);
    assert_eq!(job.store.missing(job.job(), 9).await.unwrap(), []);
}

#[tokio::test]
async fn attempts_stay_counted_after_restarts_and_repairs() {
    const LEASE: Duration = Duration::from_secs(30);
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 1).await;
    let take_over = async |name| {
        redis.age_leases(job.job(), LEASE).await;
        let taken = job.store.reclaim(job.job(), &worker(name), LEASE, 1).await;
        taken.unwrap().remove(0)
    };
    job.claim_one("dead").await;
    assert_eq!(take_over("dead too").await.deliveries, 2);
    redis.server.save();
    redis.server.restart();
    // The first calls use broken connections.
    while job.store.connect().await.is_err() {}
    let claim = take_over("c").await;
    assert_eq!(claim.deliveries, 3);
    let bad = failure("a disk", 9);
    let reply = job
        .store
        .fail(job.job(), &worker("c"), claim.task, Some(&bad))
        .await;
    assert_eq!(reply.unwrap(), FailReply::Retry);
    let lost = job.claim_one("d").await;
    assert_eq!(lost.deliveries, 4);
    redis.run::<u32>(&["XACK", &key("tasks"), "workers", &lost.task.entry]);
    let again = [(TaskIndex(0), payloads(0..1).remove(0))];
    assert_eq!(job.store.repair(job.job(), &again).await.unwrap(), 1);
    // A lost entry loses only its own attempt, not the earlier ones.
    assert_eq!(job.claim_one("e").await.deliveries, 4);
    assert_eq!(job.status().await.failed, 3);
}

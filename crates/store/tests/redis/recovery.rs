//! Redis is killed and restarts with an older snapshot, or empty.

use std::time::Duration;

use store::conformance::Harness;
use store::conformance::test_job::{LONG, TestJob, counts, indexes, payloads, undelivered, worker};
use store::{
    CommitReply, EventCursor, JobState, JobStore, PlanReply, RedisStore, StoreError, TaskStore,
};

use crate::harness::Redis;

/// Connects until the broken connections are gone.
async fn reconnect(store: &RedisStore) -> store::StoreId {
    for _ in 0..20 {
        match store.connect().await {
            Ok(id) => return id,
            Err(error) => assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}"),
        }
    }
    panic!("the store does not reconnect");
}

#[tokio::test]
async fn a_job_continues_from_an_older_snapshot() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 4).await;
    let before = job.store.connect().await.unwrap();
    let first = job.claim("a", 2).await;
    assert_eq!(
        job.commit("a", &first[0].task, &[("x", 1)]).await,
        CommitReply::Committed
    );
    redis.server.save();
    // The rollback removes all of this.
    assert_eq!(
        job.commit("a", &first[1].task, &[("x", 10)]).await,
        CommitReply::Committed
    );
    let second = job.claim("a", 2).await;
    assert_eq!(
        job.commit("a", &second[0].task, &[("x", 100)]).await,
        CommitReply::Committed
    );
    redis.server.restart();

    assert_ne!(reconnect(&job.store).await, before);
    let status = job.status().await;
    assert_eq!((status.done, status.pending, status.waiting), (1, 1, 2));
    assert_eq!(
        job.store
            .plan(&job.header, 0, &payloads(0..4))
            .await
            .unwrap(),
        PlanReply::Complete
    );
    assert_eq!(job.store.missing(job.job(), 9).await.unwrap(), []);
    // The worker is still running. It repeats its commits, and commits a task that is not delivered now.
    assert_eq!(
        job.commit("a", &first[0].task, &[("x", 1)]).await,
        CommitReply::Duplicate
    );
    assert_eq!(
        job.commit("a", &first[1].task, &[("x", 10)]).await,
        CommitReply::Committed
    );
    assert_eq!(
        job.commit("a", &second[1].task, &[("x", 1000)]).await,
        CommitReply::Committed
    );
    assert_eq!(indexes(&job.claim("b", 2).await), [2, 3]);
    assert_eq!(
        job.commit("b", &second[1].task, &[("x", 1000)]).await,
        CommitReply::Duplicate
    );
    assert_eq!(
        job.commit("b", &second[0].task, &[("x", 100)]).await,
        CommitReply::Committed
    );
    assert_eq!(job.results().await, counts(&[("x", 1111)]));
    assert_eq!(job.status().await.pending, 0);
}

#[tokio::test]
async fn a_partly_planned_job_is_completed_after_a_rollback() {
    let redis = Redis::start();
    let job = TestJob::unplanned(&redis, "job", 4).await;
    let plan = async |start, range| {
        job.store
            .plan(&job.header, start, &payloads(range))
            .await
            .unwrap()
    };
    assert_eq!(plan(0, 0..2).await, PlanReply::Next(2));
    redis.server.save();
    assert_eq!(plan(2, 2..4).await, PlanReply::Complete);
    let claims = job.claim("a", 4).await;
    redis.server.restart();

    reconnect(&job.store).await;
    job.check_state(JobState::Planning).await;
    let reply = job.commit("a", &claims[3].task, &[("x", 1)]).await;
    assert_eq!(reply, CommitReply::State(JobState::Planning));
    assert_eq!(plan(3, 3..4).await, PlanReply::Gap(2));
    assert_eq!(plan(2, 2..4).await, PlanReply::Complete);
    assert_eq!(
        job.commit("a", &claims[3].task, &[("x", 1)]).await,
        CommitReply::Committed
    );
    for claim in job.claim("b", 4).await {
        job.commit("b", &claim.task, &[("x", 1)]).await;
    }
    assert_eq!(job.results().await, counts(&[("x", 4)]));
}

#[tokio::test]
async fn an_empty_redis_is_planned_again() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 2).await;
    let claims = job.claim("a", 2).await;
    assert_eq!(
        job.commit("a", &claims[0].task, &[("x", 1)]).await,
        CommitReply::Committed
    );
    redis.server.restart_empty();

    reconnect(&job.store).await;
    assert_eq!(job.store.status(job.id()).await.unwrap(), None);
    assert_eq!(
        job.commit("a", &claims[1].task, &[("x", 1)]).await,
        CommitReply::NoPlan
    );
    let lost = job.store.claim(job.job(), &worker("a"), 1, LONG).await;
    assert!(matches!(lost, Err(StoreError::Lost { .. })), "{lost:?}");
    assert_eq!(
        job.store
            .plan(&job.header, 0, &payloads(0..2))
            .await
            .unwrap(),
        PlanReply::Complete
    );
    assert_eq!(
        job.commit("a", &claims[1].task, &[("x", 1)]).await,
        CommitReply::Committed
    );
    let again = job.claim("b", 2).await;
    assert_eq!(
        job.commit("b", &again[0].task, &[("x", 1)]).await,
        CommitReply::Committed
    );
    assert_eq!(
        job.commit("b", &again[1].task, &[("x", 1)]).await,
        CommitReply::Duplicate
    );
    assert_eq!(job.results().await, counts(&[("x", 2)]));
}

#[tokio::test]
async fn a_missing_library_is_lost_and_reloaded_on_reconnect() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 1).await;
    let task = job.claim_one("a").await.task;
    redis.run::<()>(&["FUNCTION", "FLUSH"]);
    let lost = job.store.status(job.id()).await.unwrap_err();
    assert!(
        matches!(&lost, StoreError::Lost { what } if what.contains("library")),
        "{lost:?}"
    );
    job.store.reconnect().await.unwrap();
    assert_eq!(
        job.commit("a", &task, &[("x", 1)]).await,
        CommitReply::Committed
    );
}

#[tokio::test]
async fn waiting_calls_fail_when_redis_is_killed() {
    let redis = Redis::start();
    let job = TestJob::planned(&redis, 1).await;
    job.claim_one("a").await;
    let (store, header) = (job.store.clone(), job.header.clone());
    let claim = tokio::spawn(async move { store.claim(&header.job, &worker("b"), 1, LONG).await });
    redis.settle().await;
    redis.server.kill();
    let gone = claim.await.unwrap().unwrap_err();
    assert!(matches!(gone, StoreError::Unavailable { .. }), "{gone:?}");
    let absent = job
        .store
        .watch(job.id(), EventCursor::default(), LONG)
        .await
        .unwrap_err();
    assert!(
        matches!(absent, StoreError::Unavailable { .. }),
        "{absent:?}"
    );
    redis.server.restart();
    reconnect(&job.store).await;
}

#[tokio::test]
async fn a_job_survives_one_rollback_after_another() {
    const TASKS: u32 = 40;
    let redis = Redis::start();
    let job = TestJob::planned(&redis, TASKS).await;
    let (mut rounds, mut lost) = (0u32, 0);
    while job.status().await.done < TASKS {
        // The saved commits and the commits that are rolled back differ from round to round.
        for at in 0..5 {
            for claim in job
                .store
                .claim(job.job(), &worker(&format!("w{rounds}")), 2, Duration::ZERO)
                .await
                .unwrap()
            {
                if !(claim.task.index.0 + rounds).is_multiple_of(7) {
                    job.commit(
                        "w",
                        &claim.task,
                        &[("x", 1), ("y", u64::from(claim.task.index.0) + 1)],
                    )
                    .await;
                }
            }
            if at == rounds % 5 {
                redis.server.save();
            }
        }
        let done = job.status().await.done;
        redis.server.restart();
        reconnect(&job.store).await;
        lost += done - job.status().await.done;
        assert_eq!(
            job.store
                .plan(&job.header, 0, &payloads(0..TASKS))
                .await
                .unwrap(),
            PlanReply::Complete
        );
        // Dropped tasks become available again once their leases end.
        hand_back_all(&job).await;
        rounds += 1;
        assert!(rounds < 100, "no progress");
    }
    assert!(
        rounds > 3 && lost > 3,
        "{rounds} rounds rolled {lost} commits back"
    );
    let total = u64::from(TASKS);
    assert_eq!(
        job.results().await,
        counts(&[("x", total), ("y", total * (total + 1) / 2)])
    );
    let status = job.status().await;
    assert_eq!((status.pending, status.counters.records), (0, total));
}

/// Returns, without counting failures, all tasks that workers of earlier rounds hold.
async fn hand_back_all(job: &TestJob<RedisStore>) {
    let name = worker("reaper");
    for claim in job
        .store
        .reclaim(job.job(), &name, Duration::ZERO, 1000)
        .await
        .unwrap()
    {
        job.store
            .fail(job.job(), &name, claim.task, None)
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn a_commit_without_a_plan_writes_nothing() {
    let redis = Redis::start();
    let job = TestJob::unplanned(&redis, "job", 1).await;
    assert_eq!(
        job.commit("a", &undelivered(0), &[("x", 1)]).await,
        CommitReply::NoPlan
    );
    assert_eq!(redis.contents(), []);
}

//! Planning and listing jobs.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use mapreduce_core::{PlanHash, TaskIndex};

use super::harness::Harness;
use super::test_job::{
    TestJob, check_payload, failure, header, indexes, payloads, undelivered, worker,
};
use crate::error::StoreError;
use crate::traits::{JobStore, TaskStore};
use crate::types::{CommitReply, FinishReply, JobAvailability, JobRef, JobState, PlanReply};

/// Calls add up. Workers get the job only after the last one.
pub async fn a_job_is_ready_once_all_its_tasks_are_planned<H: Harness>(harness: &H) {
    let job = TestJob::unplanned(harness, "job", 5).await;
    let plan = async |start, range| {
        job.store
            .plan(&job.header, start, &payloads(range))
            .await
            .unwrap()
    };
    assert_eq!(plan(0, 0..2).await, PlanReply::Next(2));
    job.check_state(JobState::Planning).await;
    assert_eq!(job.store.next_job(Duration::ZERO).await.unwrap(), None);
    let status = job.status().await;
    assert_eq!(
        (status.total, status.planned, status.plan),
        (5, 2, job.header.job.plan)
    );
    assert_eq!(plan(2, 2..5).await, PlanReply::Complete);
    job.check_state(JobState::Map).await;
    assert_eq!(
        job.store.next_job(Duration::ZERO).await.unwrap(),
        Some(job.header.clone())
    );
    for (index, claim) in (0..).zip(job.claim("w", 5).await) {
        check_payload(&claim, index);
    }
}

/// The worker, not the store, decides about a task that it cannot parse.
pub async fn a_task_with_an_invalid_payload_is_claimed_with_its_parse_error<H: Harness>(
    harness: &H,
) {
    let job = TestJob::unplanned(harness, "job", 2).await;
    let payloads = ["{\"reduce\":7}".to_owned(), "not a task".to_owned()];
    let plan = job.store.plan(&job.header, 0, &payloads).await;
    assert_eq!(plan.unwrap(), PlanReply::Complete);
    let claims = job.claim("w", 2).await;
    check_payload(&claims[0], 7);
    let error = claims[1].payload.as_ref().unwrap_err().to_string();
    assert!(error.starts_with("invalid task payload: "), "{error}");
    let held = job.store.held(job.job(), &worker("w")).await.unwrap();
    assert_eq!(held[1].payload, claims[1].payload);
}

/// A master that restarts may repeat any call.
pub async fn planning_again_adds_nothing<H: Harness>(harness: &H) {
    let job = TestJob::unplanned(harness, "job", 4).await;
    let plan = async |start, range| {
        job.store
            .plan(&job.header, start, &payloads(range))
            .await
            .unwrap()
    };
    assert_eq!(plan(0, 0..2).await, PlanReply::Next(2));
    assert_eq!(plan(0, 0..2).await, PlanReply::Next(2));
    assert_eq!(plan(1, 1..3).await, PlanReply::Next(3));
    assert_eq!(plan(0, 0..4).await, PlanReply::Complete);
    assert_eq!(plan(0, 0..4).await, PlanReply::Complete);
    assert_eq!(indexes(&job.claim_rest("w").await), [0, 1, 2, 3]);
}

/// No task can be skipped.
pub async fn a_gap_in_the_plan_is_refused<H: Harness>(harness: &H) {
    let job = TestJob::unplanned(harness, "job", 4).await;
    let plan = async |start, range| {
        job.store
            .plan(&job.header, start, &payloads(range))
            .await
            .unwrap()
    };
    assert_eq!(plan(0, 0..1).await, PlanReply::Next(1));
    assert_eq!(plan(2, 2..4).await, PlanReply::Gap(1));
    assert_eq!(job.status().await.planned, 1);
}

/// A second plan cannot use the job id.
pub async fn another_plan_under_the_same_id_is_refused<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    let mut other = job.header.clone();
    other.job.plan = PlanHash(8);
    let reply = job.store.plan(&other, 0, &payloads(0..1)).await.unwrap();
    assert_eq!(
        reply,
        PlanReply::Mismatch {
            found: job.header.job.plan.to_string()
        }
    );
    let lost = job.store.missing(&other.job, 9).await;
    assert!(matches!(lost, Err(StoreError::Lost { .. })), "{lost:?}");
    assert_eq!(
        job.store.finish(&other.job).await.unwrap(),
        FinishReply::NoPlan
    );
    assert_eq!(job.status().await.plan, job.header.job.plan);
}

/// Every call for an unknown job reports this and creates nothing.
pub async fn every_call_for_an_unknown_job_reports_it<H: Harness>(harness: &H) {
    let job = TestJob::unplanned(harness, "job", 1).await;
    let (store, name) = (&job.store, worker("w"));
    assert_eq!(store.jobs().await.unwrap(), []);
    assert_eq!(store.status(job.id()).await.unwrap(), None);
    assert_eq!(
        store.job_availability(job.job()).await.unwrap(),
        JobAvailability::Unknown
    );
    assert_eq!(store.next_job(Duration::ZERO).await.unwrap(), None);
    assert_eq!(store.finish(job.job()).await.unwrap(), FinishReply::NoPlan);
    let task = undelivered(0);
    assert_eq!(
        job.commit("w", &task, &[("a", 1)]).await,
        CommitReply::NoPlan
    );
    let lost = [
        store.missing(job.job(), 9).await.map(drop),
        store.repair(job.job(), &[]).await.map(drop),
        store.renew(job.job(), &name, &[]).await.map(drop),
        store.fail(job.job(), &name, task, None).await.map(drop),
        store.abandon(job.job(), "reason").await,
        store.results(job.job()).await.map(drop),
    ];
    for (at, lost) in lost.into_iter().enumerate() {
        assert!(
            matches!(lost, Err(StoreError::Lost { .. })),
            "{at}: {lost:?}"
        );
    }
    assert_eq!(store.status(job.id()).await.unwrap(), None);
}

/// Workers get the oldest job first.
pub async fn jobs_are_listed_oldest_first_until_they_are_retired<H: Harness>(harness: &H) {
    let store = harness.store();
    store.connect().await.unwrap();
    let headers = ["z-first", "a-second"].map(|id| header(id, 1));
    for header in &headers {
        store
            .announce_presence(Some(&header.job), Duration::from_secs(60))
            .await
            .unwrap();
    }
    store.plan(&headers[0], 0, &payloads(0..1)).await.unwrap();
    // The planning time is stored in milliseconds, so the next one must be at least 1 ms later.
    let millis = || {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_millis()
    };
    let planned = millis();
    while millis() <= planned + 1 {
        tokio::task::yield_now().await;
    }
    store.plan(&headers[1], 0, &payloads(0..1)).await.unwrap();
    let listed = || async {
        let jobs = store.jobs().await.unwrap();
        jobs.into_iter()
            .map(|record| record.job)
            .collect::<Vec<JobRef>>()
    };
    assert_eq!(
        listed().await,
        [headers[0].job.clone(), headers[1].job.clone()]
    );
    assert_eq!(
        store.next_job(Duration::ZERO).await.unwrap(),
        Some(headers[0].clone())
    );
    store.abandon(&headers[0].job, "no more").await.unwrap();
    assert_eq!(
        store.next_job(Duration::ZERO).await.unwrap(),
        Some(headers[1].clone())
    );
    store
        .retire(&headers[0].job, Duration::from_secs(60))
        .await
        .unwrap();
    assert_eq!(listed().await, [headers[1].job.clone()]);
}

/// Waiting, held, done and dead tasks are not lost, and a repair does not add them.
pub async fn nothing_is_missing_from_a_healthy_job<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 4).await;
    let claims = job.claim("w", 3).await;
    job.commit("w", &claims[0].task, &[("a", 1)]).await;
    let bad = failure("bad", 1);
    job.store
        .fail(job.job(), &worker("w"), claims[1].task.clone(), Some(&bad))
        .await
        .unwrap();
    assert_eq!(job.store.missing(job.job(), 9).await.unwrap(), []);
    let all: Vec<_> = (0..4).map(TaskIndex).zip(payloads(0..4)).collect();
    assert_eq!(job.store.repair(job.job(), &all).await.unwrap(), 0);
    assert_eq!(indexes(&job.claim_rest("w").await), [3]);
}

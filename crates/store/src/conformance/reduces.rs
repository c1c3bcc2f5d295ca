//! Jobs with reduce tasks: the reduce phase follows the map phase.

use std::time::Duration;

use super::harness::Harness;
use super::test_job::{TestJob, check_payload, counts, indexes, payloads, undelivered};
use crate::error::StoreError;
use crate::traits::{JobStore, TaskStore};
use crate::types::{CommitReply, FinishReply, JobState, PlanReply};

/// A reduce task needs the output of every map task.
pub async fn reduce_tasks_wait_until_all_map_tasks_are_done<H: Harness>(harness: &H) {
    let job = TestJob::reducing(harness, 2, 2).await;
    let claims = job.claim("w", 2).await;
    for claim in &claims {
        assert_eq!(job.plan(2..4).await, PlanReply::Complete);
        assert_eq!(job.status().await.planned, 2);
        job.check_state(JobState::Map).await;
        assert_eq!(job.claim_rest("w").await, []);
        job.commit_stored("w", &claim.task, "m").await;
    }
    let status = job.status().await;
    assert_eq!((status.maps, status.total, status.done), (2, 4, 2));
    assert_eq!(job.plan(2..4).await, PlanReply::Complete);
    job.check_state(JobState::Reduce).await;
    let ready = job.store.next_job(Duration::ZERO).await.unwrap();
    assert_eq!(ready.as_ref(), Some(&job.header));
    let claims = job.claim("w", 2).await;
    assert_eq!(indexes(&claims), [2, 3]);
    check_payload(&claims[1], 3);
}

/// A map task that is committed twice counts once.
pub async fn a_map_task_that_is_committed_twice_counts_once<H: Harness>(harness: &H) {
    let job = TestJob::reducing(harness, 2, 1).await;
    let task = job.claim_one("w").await.task;
    for attempt in ["a", "b"] {
        job.commit_stored("w", &task, attempt).await;
    }
    job.plan(2..3).await;
    assert_eq!(job.status().await.planned, 2);
}

/// Calls add up in the reduce phase too. Planned tasks can be done meanwhile.
pub async fn reduce_tasks_are_planned_in_several_calls<H: Harness>(harness: &H) {
    let job = TestJob::reducing(harness, 1, 3).await;
    job.store_all("m").await;
    assert_eq!(job.plan(1..2).await, PlanReply::Next(2));
    job.check_state(JobState::Map).await;
    job.store_all("r").await;
    assert_eq!(job.status().await.done, 2);
    // After a rollback, a worker may commit before the master has planned again.
    let early = job.commit_stored("w", &undelivered(2), "r2").await;
    assert_eq!(early, CommitReply::State(JobState::Planning));
    assert_eq!(job.plan(1..3).await, PlanReply::Next(3));
    assert_eq!(job.plan(2..4).await, PlanReply::Complete);
    job.check_state(JobState::Reduce).await;
    assert_eq!(indexes(&job.claim_rest("w").await), [2, 3]);
}

/// This holds in both phases.
pub async fn planning_a_phase_again_adds_nothing<H: Harness>(harness: &H) {
    let job = TestJob::reducing(harness, 2, 2).await;
    assert_eq!(job.plan(0..2).await, PlanReply::Complete);
    assert_eq!(indexes(&job.claim_rest("w").await), [0, 1]);
    for index in 0..2 {
        job.commit_stored("w", &undelivered(index), "m").await;
    }
    assert_eq!(job.plan(0..2).await, PlanReply::Complete);
    assert_eq!(job.claim_rest("w").await, []);
    job.check_state(JobState::Map).await;
    for _ in 0..2 {
        assert_eq!(job.plan(2..4).await, PlanReply::Complete);
        assert_eq!(job.plan(0..2).await, PlanReply::Complete);
    }
    assert_eq!(indexes(&job.claim_rest("w").await), [2, 3]);
    job.check_state(JobState::Reduce).await;
    assert_eq!(job.status().await.planned, 4);
}

/// The counts of such a job are in the store.
pub async fn a_job_without_reduce_tasks_has_one_phase<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    job.complete("w", &[("a", 1)]).await;
    for tasks in [0..1, 1..1] {
        assert_eq!(job.plan(tasks).await, PlanReply::Complete);
        job.check_state(JobState::Map).await;
    }
    assert_eq!(job.results().await, counts(&[("a", 1)]));
}

/// A phase starts with its first task, and one call plans tasks of one phase.
pub async fn one_call_plans_tasks_of_one_phase_without_a_gap<H: Harness>(harness: &H) {
    let mut job = TestJob::unplanned(harness, "job", 2).await;
    job.header.total = 4;
    let refused = async |start, tasks| {
        let payloads = payloads(0..tasks);
        let refused = job.store.plan(&job.header, start, &payloads).await;
        assert!(
            matches!(refused, Err(StoreError::Fatal { .. })),
            "{start} {tasks}: {refused:?}"
        );
    };
    refused(0, 3).await;
    assert_eq!(job.plan(0..1).await, PlanReply::Next(1));
    for (start, tasks) in [(1, 2), (2, 3), (4, 1)] {
        refused(start, tasks).await;
    }
    assert_eq!(job.plan(2..4).await, PlanReply::Gap(1));
    assert_eq!(job.plan(1..2).await, PlanReply::Complete);
    job.store_all("m").await;
    assert_eq!(job.plan(3..4).await, PlanReply::Gap(2));
    assert_eq!(job.status().await.planned, 2);
}

/// Only the number of done tasks of both phases decides.
pub async fn a_job_is_done_only_after_both_phases<H: Harness>(harness: &H) {
    let job = TestJob::reducing(harness, 1, 2).await;
    let finish = async || job.store.finish(job.job()).await.unwrap();
    let not_yet = |done| FinishReply::NotYet { done, total: 3 };
    assert_eq!(finish().await, not_yet(0));
    job.store_all("m").await;
    assert_eq!(finish().await, not_yet(1));
    job.plan(1..3).await;
    assert_eq!(finish().await, not_yet(1));
    let claims = job.claim("w", 2).await;
    job.commit_stored("w", &claims[0].task, "r1").await;
    assert_eq!(finish().await, not_yet(2));
    job.commit_stored("w", &claims[1].task, "r2").await;
    assert_eq!(finish().await, FinishReply::Done);
    job.check_state(JobState::Done).await;
    assert_eq!(job.plan(1..3).await, PlanReply::Complete);
    assert_eq!(job.status().await.done, 3);
    let names = ["m0", "r1", "r2"].map(|name| Some(name.to_owned()));
    assert_eq!(job.attempts(0..3).await, names);
}

/// The results are in the outputs of the reduce tasks. Missing counts must not look like an empty result.
pub async fn a_job_with_reduce_tasks_has_no_counts<H: Harness>(harness: &H) {
    let job = TestJob::reduced(harness, 1, 1).await;
    job.store_all("r").await;
    let finished = job.store.finish(job.job()).await.unwrap();
    assert_eq!(finished, FinishReply::Done);
    let refused = job.store.results(job.job()).await;
    assert!(
        matches!(refused, Err(StoreError::Fatal { .. })),
        "{refused:?}"
    );
}

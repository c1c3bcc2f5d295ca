//! The end of a job.

use std::time::Duration;

use mapreduce_core::Pairs;

use super::harness::Harness;
use super::test_job::{TestJob, counts, worker};
use crate::error::StoreError;
use crate::traits::{JobStore, TaskStore};
use crate::types::{CommitReply, FinishReply, JobAvailability, JobState};

/// Only the number of done tasks decides.
pub async fn a_job_is_finished_only_when_every_task_is_done<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 2).await;
    let claims = job.claim("w", 2).await;
    job.commit("w", &claims[0].task, &[("a", 1)]).await;
    let finish = async || job.store.finish(job.job()).await.unwrap();
    assert_eq!(finish().await, FinishReply::NotYet { done: 1, total: 2 });
    job.check_state(JobState::Map).await;
    job.commit("w", &claims[1].task, &[("a", 1)]).await;
    assert_eq!(finish().await, FinishReply::Done);
    job.check_state(JobState::Done).await;
    assert_eq!(finish().await, FinishReply::Done);
    assert_eq!(job.store.next_job(Duration::ZERO).await.unwrap(), None);
}

/// A finished job has no pending tasks, and no task of it can be claimed.
pub async fn duplicates_are_acknowledged_at_the_end<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 2).await;
    let olds = job.claim("a", 2).await;
    for old in &olds {
        job.store
            .fail(job.job(), &worker("a"), old.task.clone(), None)
            .await
            .unwrap();
    }
    let held = job.claim_one("b").await;
    for old in &olds {
        assert_eq!(
            job.commit("a", &old.task, &[("a", 1)]).await,
            CommitReply::Committed
        );
    }
    assert_eq!(job.status().await.pending, 1);
    assert_eq!(job.results().await, counts(&[("a", 2)]));
    assert_eq!(job.status().await.pending, 0);
    assert_eq!(job.claim_rest("b").await, []);
    assert_eq!(
        job.commit("b", &held.task, &[("a", 1)]).await,
        CommitReply::Duplicate
    );
    assert_eq!(job.results().await, counts(&[("a", 2)]));
}

/// The counts span several pages and contain ties.
pub async fn results_are_exact<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 3).await;
    for claim in job.claim("w", 3).await {
        let base = u64::from(claim.task.index.0) * 20_000;
        let mut pairs = Pairs::default();
        for n in base..base + 45_000 {
            pairs.push(format!("{n}").as_bytes(), n % 2 + 1);
        }
        assert_eq!(
            job.commit_pairs("w", &claim.task, pairs).await,
            CommitReply::Committed
        );
    }
    let found = job.results().await;
    assert_eq!(found.len(), 85_000);
    for n in 0..85_000u64 {
        let tasks = (0..3)
            .filter(|task| (task * 20_000..task * 20_000 + 45_000).contains(&n))
            .count() as u64;
        assert_eq!(found[n.to_string().as_bytes()], tasks * (n % 2 + 1), "{n}");
    }
}

/// An incomplete result is refused.
pub async fn results_of_an_unfinished_job_are_refused<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    job.complete("w", &[("a", 1)]).await;
    let refused = job.store.results(job.job()).await;
    assert!(
        matches!(refused, Err(StoreError::Changed { .. })),
        "{refused:?}"
    );
    assert_eq!(job.results().await, counts(&[("a", 1)]));
}

/// The first reason stays.
pub async fn an_abandoned_job_stays_abandoned<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    job.store
        .abandon(job.job(), "the first reason")
        .await
        .unwrap();
    job.store
        .abandon(job.job(), "the second reason")
        .await
        .unwrap();
    job.check_state(JobState::Failed).await;
    assert_eq!(
        job.status().await.reason.as_deref(),
        Some("the first reason")
    );
    let reply = job.store.finish(job.job()).await.unwrap();
    assert_eq!(reply, FinishReply::Over(JobState::Failed));
    assert_eq!(job.store.next_job(Duration::ZERO).await.unwrap(), None);
}

/// No task of the job is held or waits.
pub async fn an_abandoned_job_has_no_tasks_to_run<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 3).await;
    job.claim("w", 2).await;
    job.store.abandon(job.job(), "no more").await.unwrap();
    let status = job.status().await;
    assert_eq!((status.pending, status.waiting), (0, 0));
    assert_eq!(job.claim_rest("w").await, []);
    assert_eq!(job.store.held(job.job(), &worker("w")).await.unwrap(), []);
}

/// A rollback may lose a result that is not published yet, so workers stay until it is.
pub async fn workers_are_needed_until_a_job_is_retired<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    let availability = async || job.store.job_availability(job.job()).await.unwrap();
    assert_eq!(availability().await, JobAvailability::Needed);
    job.complete("w", &[("a", 1)]).await;
    job.results().await;
    assert_eq!(availability().await, JobAvailability::Needed);
    job.store
        .retire(job.job(), Duration::from_secs(600))
        .await
        .unwrap();
    assert_eq!(availability().await, JobAvailability::Over);
}

/// The job is removed at once, or unlisted and removed later.
pub async fn a_retired_job_is_gone<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    job.complete("w", &[("a", 1)]).await;
    job.results().await;
    job.store
        .retire(job.job(), Duration::from_secs(600))
        .await
        .unwrap();
    assert_eq!(job.store.jobs().await.unwrap(), []);
    assert_eq!(job.status().await.state, JobState::Done);
    job.store.retire(job.job(), Duration::ZERO).await.unwrap();
    assert_eq!(job.store.status(job.id()).await.unwrap(), None);
    job.store.retire(job.job(), Duration::ZERO).await.unwrap();
}

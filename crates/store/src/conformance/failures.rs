//! Failed attempts and dead letters.

use std::time::Duration;

use mapreduce_core::TaskIndex;

use super::harness::Harness;
use super::test_job::{TestJob, failure, worker};
use crate::traits::{JobStore, TaskStore};
use crate::types::{AttemptFailure, CommitReply, FailReply, Health, TaskRef};

const LEASE: Duration = Duration::from_secs(30);

async fn give_back<S: JobStore + TaskStore>(
    job: &TestJob<S>,
    name: &str,
    task: TaskRef,
    failure: Option<&AttemptFailure>,
) -> FailReply {
    job.store
        .fail(job.job(), &worker(name), task, failure)
        .await
        .unwrap()
}

async fn health<S: JobStore + TaskStore>(job: &TestJob<S>) -> Health {
    job.store.health(Some(job.id())).await.unwrap()
}

/// The next attempt does not wait for the lease to end.
pub async fn a_failed_task_can_be_claimed_at_once<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    let claim = job.claim_one("a").await;
    let bad = failure("a disk", 4);
    let reply = job
        .store
        .fail(job.job(), &worker("a"), claim.task.clone(), Some(&bad))
        .await
        .unwrap();
    assert_eq!(reply, FailReply::Retry);
    let again = job.claim_one("b").await;
    assert_eq!(
        (again.task.index, &again.payload),
        (claim.task.index, &claim.payload)
    );
    assert_eq!((again.deliveries, again.repeated), (2, true));
    let status = job.status().await;
    assert_eq!((status.failed, status.dead, status.pending), (1, 0, 1));
    assert_eq!(
        job.commit("b", &again.task, &[("a", 1)]).await,
        CommitReply::Committed
    );
    assert_eq!(job.status().await.pending, 0);
}

/// A task is dead after `max_attempts` failures, with the reason of the last one.
pub async fn a_task_is_dead_after_its_last_attempt<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 2).await;
    for attempt in 1..=3 {
        let claims = job.claim_rest("w").await;
        let claim = claims
            .into_iter()
            .find(|claim| claim.task.index == TaskIndex(0))
            .unwrap();
        assert_eq!(claim.deliveries, attempt);
        let bad = failure(&format!("reason {attempt}"), 3);
        let reply = job
            .store
            .fail(job.job(), &worker("w"), claim.task, Some(&bad))
            .await
            .unwrap();
        assert_eq!(
            reply,
            if attempt < 3 {
                FailReply::Retry
            } else {
                FailReply::Dead
            }
        );
    }
    assert_eq!(job.claim_rest("w").await, []);
    let status = job.status().await;
    assert_eq!((status.failed, status.dead, status.pending), (3, 1, 1));
    assert_eq!(status.dead_letters, [(TaskIndex(0), "reason 3".to_owned())]);
}

/// A worker that shuts down returns its task without a failed attempt.
pub async fn a_returned_task_has_no_failed_attempt<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    for _ in 0..5 {
        let claim = job.claim_one("w").await;
        assert_eq!(claim.deliveries, 1);
        let reply = job
            .store
            .fail(job.job(), &worker("w"), claim.task, None)
            .await
            .unwrap();
        assert_eq!(reply, FailReply::Retry);
    }
    let status = job.status().await;
    assert_eq!((status.failed, status.dead, status.pending), (0, 0, 0));
}

/// Attempts whose workers died without a report stay counted when their entry is removed.
pub async fn attempts_without_a_report_stay_counted_when_the_task_is_returned<H: Harness>(
    harness: &H,
) {
    let job = TestJob::planned(harness, 1).await;
    job.claim_one("dead").await;
    let mut reclaimed = Vec::new();
    for name in ["b", "c"] {
        harness
            .age_leases(job.job(), LEASE + Duration::from_secs(1))
            .await;
        let taken = job.store.reclaim(job.job(), &worker(name), LEASE, 1).await;
        reclaimed = taken.unwrap();
    }
    assert_eq!(reclaimed[0].deliveries, 3);
    // A worker that shuts down returns the task. Its own attempt does not count, but the two earlier ones do.
    let reply = give_back(&job, "c", reclaimed.remove(0).task, None).await;
    assert_eq!(reply, FailReply::Retry);
    let next = job.claim_one("d").await;
    assert_eq!((next.deliveries, next.repeated), (3, true));
    assert_eq!(job.status().await.failed, 2);
    let bad = failure("a disk", 9);
    let reply = give_back(&job, "d", next.task, Some(&bad)).await;
    assert_eq!(reply, FailReply::Retry);
    assert_eq!(job.claim_one("e").await.deliveries, 4);
    assert_eq!(job.status().await.failed, 3);
}

/// Therefore a task that kills its workers becomes dead, even if other workers return it unharmed in between.
pub async fn a_task_that_kills_its_workers_becomes_dead_even_if_it_is_returned<H: Harness>(
    harness: &H,
) {
    let job = TestJob::planned(harness, 1).await;
    for round in 0..2 {
        let claim = job.claim_one("dead").await;
        assert_eq!(claim.deliveries, 2 * round + 1);
        for _ in 0..2 {
            harness
                .age_leases(job.job(), LEASE + Duration::from_secs(1))
                .await;
            let taken = job.store.reclaim(job.job(), &worker("b"), LEASE, 1).await;
            assert_eq!(taken.unwrap().len(), 1);
        }
        let reply = give_back(&job, "b", claim.task, None).await;
        assert_eq!(reply, FailReply::Retry);
    }
    let claim = job.claim_one("c").await;
    assert_eq!(claim.deliveries, 5, "four workers died");
    let last = failure("every worker that ran it died", 1);
    let reply = give_back(&job, "c", claim.task, Some(&last)).await;
    assert_eq!(reply, FailReply::Dead);
    assert_eq!(job.status().await.dead_letters.len(), 1);
}

/// A task that is only passed between workers is not a sign of progress, but its generation grows.
pub async fn a_returned_task_is_not_a_sign_of_progress_but_starts_a_generation<H: Harness>(
    harness: &H,
) {
    let job = TestJob::planned(harness, 1).await;
    let before = (job.status().await.beats, health(&job).await.generation);
    for _ in 0..3 {
        let claim = job.claim_one("w").await;
        let reply = give_back(&job, "w", claim.task, None).await;
        assert_eq!(reply, FailReply::Retry);
    }
    assert_eq!(job.status().await.beats, before.0);
    assert_eq!(health(&job).await.generation, before.1 + 3);
}

/// Held tasks are reported in the order in which they were added.
pub async fn held_tasks_are_reported_with_their_workers<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 6).await;
    assert_eq!(health(&job).await.held, []);
    job.claim("a", 1).await;
    harness.age_leases(job.job(), LEASE).await;
    job.claim("b", 4).await;
    let health = health(&job).await;
    let reported: Vec<_> = health
        .held
        .iter()
        .map(|held| (held.index.0, held.worker.as_str(), held.deliveries))
        .collect();
    assert_eq!(reported, [(0, "a", 1), (1, "b", 1), (2, "b", 1)]);
    assert!(health.held[0].idle >= LEASE, "{health:?}");
    assert!(health.held[1].idle < LEASE, "{health:?}");
    assert_eq!(health.problems, []);
    let none = job.store.health(None).await.unwrap();
    assert_eq!(none.held, []);
}

/// A worker cannot fail a task of another worker, nor a task that is done or dead.
pub async fn only_the_holder_can_fail_a_task<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 2).await;
    let claims = job.claim("a", 2).await;
    let bad = failure("bad", 1);
    let fail = async |name, task| {
        job.store
            .fail(job.job(), &worker(name), task, Some(&bad))
            .await
            .unwrap()
    };
    assert_eq!(fail("b", claims[0].task.clone()).await, FailReply::Stale);
    assert_eq!(
        job.commit("a", &claims[0].task, &[("a", 1)]).await,
        CommitReply::Committed
    );
    assert_eq!(fail("a", claims[0].task.clone()).await, FailReply::Stale);
    assert_eq!(fail("a", claims[1].task.clone()).await, FailReply::Dead);
    assert_eq!(fail("a", claims[1].task.clone()).await, FailReply::Stale);
    let status = job.status().await;
    assert_eq!(
        (status.done, status.failed, status.dead, status.pending),
        (1, 1, 1, 0)
    );
    assert_eq!(job.claim_rest("b").await, []);
}

/// A failure has no effect on a task that another attempt has completed.
pub async fn a_task_that_is_done_cannot_fail<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    let old = job.claim_one("a").await.task;
    let (a, b) = (worker("a"), worker("b"));
    job.store
        .fail(job.job(), &a, old.clone(), None)
        .await
        .unwrap();
    let new = job.claim_one("b").await.task;
    assert_eq!(
        job.commit("a", &old, &[("a", 1)]).await,
        CommitReply::Committed
    );
    let bad = failure("bad", 1);
    let reply = job
        .store
        .fail(job.job(), &b, new, Some(&bad))
        .await
        .unwrap();
    assert_eq!(reply, FailReply::Stale);
    let status = job.status().await;
    assert_eq!((status.failed, status.dead, status.pending), (0, 0, 0));
}

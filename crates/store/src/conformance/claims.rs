//! Claims and leases.

use std::time::Duration;

use super::harness::Harness;
use super::test_job::{TestJob, indexes, worker};
use crate::traits::TaskStore;
use crate::types::{CommitReply, Renewal, TaskRef};

const LEASE: Duration = Duration::from_secs(30);

/// A worker does not get a task that another worker holds.
pub async fn tasks_are_claimed_in_order_and_once<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 5).await;
    let first = job.claim("a", 2).await;
    assert_eq!(indexes(&first), [0, 1]);
    assert!(
        first
            .iter()
            .all(|claim| claim.deliveries == 1 && !claim.repeated)
    );
    assert_eq!(indexes(&job.claim_rest("b").await), [2, 3, 4]);
    assert_eq!(job.claim_rest("c").await, []);
    let status = job.status().await;
    assert_eq!((status.pending, status.waiting, status.done), (5, 0, 0));
}

/// A lost reply does not lose its tasks.
pub async fn claims_whose_reply_was_lost_are_held<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 3).await;
    let claims = job.claim("a", 2).await;
    job.claim("b", 1).await;
    let held = job.store.held(job.job(), &worker("a")).await.unwrap();
    assert_eq!(indexes(&held), [0, 1]);
    assert_eq!(held[0].task, claims[0].task);
    assert_eq!(held[0].payload, claims[0].payload);
    job.commit("a", &claims[0].task, &[("a", 1)]).await;
    assert_eq!(
        indexes(&job.store.held(job.job(), &worker("a")).await.unwrap()),
        [1]
    );
    assert!(
        job.store
            .held(job.job(), &worker("c"))
            .await
            .unwrap()
            .is_empty()
    );
}

/// The tasks of a dead worker go to other workers, and only its tasks.
pub async fn an_expired_lease_is_reclaimed<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 3).await;
    job.claim("dead", 3).await;
    let reclaim = async |count| {
        job.store
            .reclaim(job.job(), &worker("b"), LEASE, count)
            .await
            .unwrap()
    };
    assert_eq!(reclaim(9).await, []);
    harness
        .age_leases(job.job(), LEASE + Duration::from_secs(1))
        .await;
    let found = reclaim(2).await;
    assert_eq!(indexes(&found), [0, 1]);
    assert!(
        found
            .iter()
            .all(|claim| claim.deliveries == 2 && claim.repeated),
        "{found:?}"
    );
    assert_eq!(indexes(&reclaim(9).await), [2]);
    assert_eq!(reclaim(9).await, []);
    assert_eq!(job.status().await.pending, 3);
}

/// A lease starts again with each renewal.
pub async fn a_renewed_lease_is_not_reclaimed<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 2).await;
    let claims = job.claim("a", 2).await;
    harness
        .age_leases(job.job(), LEASE + Duration::from_secs(1))
        .await;
    let renewed = job
        .store
        .renew(job.job(), &worker("a"), &[claims[1].task.clone()])
        .await
        .unwrap();
    assert_eq!(renewed, [Renewal::Renewed]);
    let found = job
        .store
        .reclaim(job.job(), &worker("b"), LEASE, 9)
        .await
        .unwrap();
    assert_eq!(indexes(&found), [0]);
}

/// A renewal never takes a task back from the worker that reclaimed it.
pub async fn a_reclaimed_lease_is_lost_to_its_former_holder<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 2).await;
    let claims = job.claim("slow", 2).await;
    harness
        .age_leases(job.job(), LEASE + Duration::from_secs(1))
        .await;
    job.store
        .reclaim(job.job(), &worker("b"), LEASE, 1)
        .await
        .unwrap();
    let tasks: Vec<_> = claims.into_iter().map(|claim| claim.task).collect();
    let renewed = job
        .store
        .renew(job.job(), &worker("slow"), &tasks)
        .await
        .unwrap();
    assert_eq!(renewed, [Renewal::Lost, Renewal::Renewed]);
    let renewed = job
        .store
        .renew(job.job(), &worker("b"), &tasks)
        .await
        .unwrap();
    assert_eq!(renewed, [Renewal::Renewed, Renewal::Lost]);
}

/// A worker that repeats a done task learns it from the next renewal, and then no longer holds the task.
pub async fn the_lease_of_a_task_that_is_done_is_lost<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    let old = job.claim_one("a").await;
    job.store
        .fail(job.job(), &worker("a"), old.task.clone(), None)
        .await
        .unwrap();
    let new = job.claim_one("b").await;
    assert_eq!(
        job.commit("a", &old.task, &[("a", 1)]).await,
        CommitReply::Committed
    );
    let renewed = job
        .store
        .renew(job.job(), &worker("b"), &[new.task])
        .await
        .unwrap();
    assert_eq!(renewed, [Renewal::Lost]);
    assert_eq!(job.status().await.pending, 0);
}

/// Workers without tasks count as alive, but only renewed leases are a sign of progress.
pub async fn only_workers_with_tasks_are_a_sign_of_progress<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    let before = job.status().await;
    assert_eq!(before.workers, 0);
    let renew = async |name: &str, tasks: &[TaskRef]| {
        let renewed = job.store.renew(job.job(), &worker(name), tasks).await;
        assert_eq!(renewed.unwrap().len(), tasks.len());
        job.status().await
    };
    renew("a", &[]).await;
    let idle = renew("b", &[]).await;
    assert_eq!((idle.workers, idle.beats), (2, before.beats));
    let claims = job.claim("a", 1).await;
    let busy = renew("a", &[claims[0].task.clone()]).await;
    assert!(busy.beats > before.beats, "{busy:?}");
    let stranger = renew("b", &[claims[0].task.clone()]).await;
    assert_eq!(stranger.beats, busy.beats, "another worker holds the task");
}

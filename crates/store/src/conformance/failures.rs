//! Failed attempts and dead letters.

use mapreduce::TaskIndex;

use super::Harness;
use super::job::{TestJob, blame, worker};
use crate::{CommitReply, FailReply, TaskStore};

/// The next attempt does not wait for a lease to end.
pub async fn a_failed_task_can_be_claimed_at_once<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    let claim = job.claim_one("a").await;
    let bad = blame("a disk", 4);
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

/// A task is given up after `max_attempts`, with the reason of the last.
pub async fn a_task_is_dead_after_its_last_attempt<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 2).await;
    for attempt in 1..=3 {
        let claims = job.claim_rest("w").await;
        let claim = claims
            .into_iter()
            .find(|claim| claim.task.index == TaskIndex(0))
            .unwrap();
        assert_eq!(claim.deliveries, attempt);
        let bad = blame(&format!("reason {attempt}"), 3);
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

/// A worker that shuts down gives its task back unharmed.
pub async fn a_task_handed_back_is_not_blamed<H: Harness>(harness: &H) {
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

/// Nobody can take a task from its holder by failing it, nor a task that is done or dead.
pub async fn only_the_holder_can_fail_a_task<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 2).await;
    let claims = job.claim("a", 2).await;
    let bad = blame("bad", 1);
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

/// A failure comes too late for a task that another attempt completed.
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
    let bad = blame("bad", 1);
    let reply = job
        .store
        .fail(job.job(), &b, new, Some(&bad))
        .await
        .unwrap();
    assert_eq!(reply, FailReply::Stale);
    let status = job.status().await;
    assert_eq!((status.failed, status.dead, status.pending), (0, 0, 0));
}

//! Failed attempts and dead letters.

use std::time::Duration;

use mapreduce::TaskIndex;

use super::Harness;
use super::job::{TestJob, blame, worker};
use crate::{Blame, CommitReply, FailReply, Health, JobStore, TaskRef, TaskStore};

const LEASE: Duration = Duration::from_secs(30);

async fn give_back<S: JobStore + TaskStore>(
    job: &TestJob<S>,
    name: &str,
    task: TaskRef,
    blame: Option<&Blame>,
) -> FailReply {
    job.store
        .fail(job.job(), &worker(name), task, blame)
        .await
        .unwrap()
}

async fn health<S: JobStore + TaskStore>(job: &TestJob<S>) -> Health {
    job.store.health(Some(job.id())).await.unwrap()
}

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

/// Attempts whose workers died without a word are counted whatever becomes of the entry that they were of.
pub async fn attempts_without_a_word_are_not_forgotten_when_the_task_is_given_back<H: Harness>(
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
    // By a worker that shuts down: its own attempt does not count, the two before it do.
    let reply = give_back(&job, "c", reclaimed.remove(0).task, None).await;
    assert_eq!(reply, FailReply::Retry);
    let next = job.claim_one("d").await;
    assert_eq!((next.deliveries, next.repeated), (3, true));
    assert_eq!(job.status().await.failed, 2);
    let bad = blame("a disk", 9);
    let reply = give_back(&job, "d", next.task, Some(&bad)).await;
    assert_eq!(reply, FailReply::Retry);
    assert_eq!(job.claim_one("e").await.deliveries, 4);
    assert_eq!(job.status().await.failed, 3);
}

/// And so a task that kills its workers dies, though others hand it back unharmed in between.
pub async fn a_task_that_kills_its_workers_dies_though_it_is_handed_back<H: Harness>(harness: &H) {
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
    assert_eq!(claim.deliveries, 5, "four died of it");
    let last = blame("nobody lived to tell", 1);
    let reply = give_back(&job, "c", claim.task, Some(&last)).await;
    assert_eq!(reply, FailReply::Dead);
    assert_eq!(job.status().await.dead_letters.len(), 1);
}

/// A task that goes from hand to hand is no sign that the job goes on, but it is seen.
pub async fn a_task_handed_back_shows_no_life_and_is_seen_all_the_same<H: Harness>(harness: &H) {
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

/// Who holds tasks is told, with what was added first before the rest.
pub async fn who_holds_tasks_is_told<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 6).await;
    assert_eq!(health(&job).await.held, []);
    job.claim("a", 1).await;
    harness.age_leases(job.job(), LEASE).await;
    job.claim("b", 4).await;
    let health = health(&job).await;
    let told: Vec<_> = health
        .held
        .iter()
        .map(|held| (held.index.0, held.worker.as_str(), held.deliveries))
        .collect();
    assert_eq!(told, [(0, "a", 1), (1, "b", 1), (2, "b", 1)]);
    assert!(health.held[0].idle >= LEASE, "{health:?}");
    assert!(health.held[1].idle < LEASE, "{health:?}");
    assert_eq!(health.troubles, []);
    let none = job.store.health(None).await.unwrap();
    assert_eq!(none.held, []);
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

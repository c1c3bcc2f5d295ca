//! Backup attempts at slow tasks of other workers.
//!
//! The times in these tests are far apart, because real time passes between two calls in some stores.

use std::time::Duration;

use super::harness::Harness;
use super::test_job::{LONG, TestJob, counts, indexes, worker};
use crate::traits::{JobStore, TaskStore};
use crate::types::{
    AttemptFailure, Backup, Claim, CommitReply, FailReply, JobState, Renewal, TaskRef,
};

const LEASE: Duration = Duration::from_secs(100);
/// Half a lease, which is above the least time of a slow task.
const HALF: Duration = Duration::from_secs(50);

impl<S: JobStore + TaskStore> TestJob<S> {
    async fn backup(&self, name: &str) -> Backup {
        let backup = self.store.backup(self.job(), &worker(name), LEASE).await;
        backup.unwrap()
    }

    /// Claims a backup attempt, which must be possible, at a task that `holder` holds.
    async fn claim_backup(&self, name: &str, holder: &str) -> Claim {
        match self.backup(name).await {
            Backup::Claimed {
                claim,
                holder: found,
                ..
            } if found.as_str() == holder => claim,
            other => panic!("{other:?}"),
        }
    }

    /// Returns the time until a backup attempt is possible. There must be none now.
    async fn due(&self, name: &str) -> Duration {
        match self.backup(name).await {
            Backup::Due(due) => due,
            other => panic!("{other:?}"),
        }
    }
}

/// A backup attempt goes once to another worker that requests it, but not to a worker that waits for a task.
pub async fn a_slow_task_is_given_to_a_second_worker_once_nothing_waits<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 2).await;
    let slow = job.claim_one("slow").await;
    harness.age_leases(job.job(), LEASE + HALF).await;
    assert_eq!(job.backup("b").await, Backup::None, "a task waits");
    let other = job.claim_one("b").await;

    assert!(
        job.due("slow").await <= LEASE,
        "a worker is not offered its own task"
    );
    let (store, of) = (harness.store(), job.job().clone());
    let waiting = tokio::spawn(async move { store.claim(&of, &worker("slow"), 1, LONG).await });
    harness.settle().await;
    let backup = job.claim_backup("b", "slow").await;
    assert_eq!(backup.task.index, slow.task.index);
    assert_eq!(backup.payload, slow.payload);
    assert_ne!(backup.task.entry, slow.task.entry);
    assert_eq!((backup.deliveries, backup.repeated), (1, false));
    let held = job.store.held(job.job(), &worker("b")).await.unwrap();
    assert_eq!(indexes(&held), [1, 0]);
    assert!(job.due("c").await <= LEASE, "two attempts are enough");
    let back = job
        .store
        .fail(job.job(), &worker("b"), other.task, None)
        .await;
    back.unwrap();
    let waited = waiting.await.unwrap().unwrap();
    assert_eq!(
        indexes(&waited),
        [1],
        "a waiting worker gets the returned task"
    );
}

/// A task is slow after a lease while no task is done, and then after 1.5 times the mean of the done tasks.
pub async fn the_done_tasks_determine_when_a_task_is_slow<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 3).await;
    let claims = job.claim("a", 2).await;
    let due = {
        job.claim_one("b").await;
        job.due("c").await
    };
    assert!(HALF < due && due <= LEASE, "{due:?}");
    harness.age_leases(job.job(), LEASE).await;
    for claim in claims {
        let reply = job.commit("a", &claim.task, &[("x", 1)]).await;
        assert_eq!(reply, CommitReply::Committed);
    }
    let due = job.due("c").await;
    let expected = HALF.mul_f64(0.8)..=HALF.mul_f64(1.2);
    assert!(expected.contains(&due), "{due:?}");
}

/// Only reduce tasks determine when a reduce task is slow.
pub async fn each_phase_determines_its_slow_tasks_separately<H: Harness>(harness: &H) {
    let job = TestJob::reduced(harness, 2, 2).await;
    let claims = job.claim("a", 2).await;
    harness.age_leases(job.job(), HALF).await;
    let due = job.due("c").await;
    assert!(Duration::from_secs(1) < due && due <= HALF, "{due:?}");
    job.store
        .fail(job.job(), &worker("a"), claims[0].task.clone(), None)
        .await
        .unwrap();
    let again = job.claim_one("b").await;
    job.commit_stored("b", &again.task, "b").await;
    // The last claim of the returned task was done at once, which makes the mean short.
    let backup = job.claim_backup("c", "a").await;
    assert_eq!(backup.task.index.0, 3);
}

/// The position in the stream does not affect the order.
pub async fn the_task_held_longest_comes_first<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 2).await;
    let tasks = [job.claim("a", 2).await.remove(1).task];
    harness.age_leases(job.job(), LEASE + HALF).await;
    let renewed = job.store.renew(job.job(), &worker("a"), &tasks).await;
    assert_eq!(renewed.unwrap(), [Renewal::Renewed]);
    let taken = job.store.reclaim(job.job(), &worker("b"), LEASE, 2).await;
    assert_eq!(indexes(&taken.unwrap()), [0]);
    harness.age_leases(job.job(), LEASE).await;
    let backups = [
        job.claim_backup("c", "a").await,
        job.claim_backup("c", "b").await,
    ];
    assert_eq!(indexes(&backups), [1, 0]);
}

/// The other worker learns from its lease or from its commit that its attempt does not count.
pub async fn the_first_commit_of_two_attempts_counts<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 2).await;
    let slow = job.claim("slow", 2).await;
    harness.age_leases(job.job(), LEASE).await;
    let backups = [
        job.claim_backup("b", "slow").await,
        job.claim_backup("b", "slow").await,
    ];
    let mut order: Vec<_> = indexes(&backups);
    order.sort_unstable();
    assert_eq!(order, [0, 1]);
    let of = |index: usize| {
        backups
            .iter()
            .find(|claim| claim.task.index == slow[index].task.index)
            .unwrap()
    };
    let counted = job.commit("b", &of(0).task, &[("x", 1)]).await;
    assert_eq!(counted, CommitReply::Committed);
    let late = job.commit("slow", &slow[0].task, &[("x", 10)]).await;
    assert_eq!(late, CommitReply::Duplicate);
    // The slow attempt may still be the first to commit.
    let counted = job.commit("slow", &slow[1].task, &[("y", 1)]).await;
    assert_eq!(counted, CommitReply::Committed);
    let tasks = [of(1).task.clone()];
    let renewed = job.store.renew(job.job(), &worker("b"), &tasks).await;
    assert_eq!(renewed.unwrap(), [Renewal::Lost]);
    let status = job.status().await;
    assert_eq!((status.done, status.pending), (2, 0));
    assert_eq!(job.results().await, counts(&[("x", 1), ("y", 1)]));
}

/// A slow worker is alive and renews its lease.
pub async fn renewals_do_not_hide_a_slow_task<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    let slow = job.claim_one("slow").await;
    harness.age_leases(job.job(), LEASE).await;
    let tasks = [slow.task.clone()];
    for _ in 0..2 {
        let renewed = job.store.renew(job.job(), &worker("slow"), &tasks).await;
        assert_eq!(renewed.unwrap(), [Renewal::Renewed]);
    }
    job.claim_backup("b", "slow").await;
}

/// The time of the former holder does not count for the new one.
pub async fn a_reclaimed_task_starts_with_a_new_hold_time<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    let task = job.claim_one("dead").await.task;
    harness.age_leases(job.job(), LEASE).await;
    let tasks = [task];
    let renewed = job.store.renew(job.job(), &worker("dead"), &tasks).await;
    assert_eq!(renewed.unwrap(), [Renewal::Renewed]);
    harness.age_leases(job.job(), LEASE).await;
    let taken = job.store.reclaim(job.job(), &worker("b"), LEASE, 1).await;
    assert_eq!(indexes(&taken.unwrap()), [0]);
    let due = job.due("c").await;
    assert!(HALF < due && due <= LEASE, "{due:?}");
    let renewed = job.store.renew(job.job(), &worker("b"), &tasks).await;
    assert_eq!(renewed.unwrap(), [Renewal::Renewed]);
    let due = job.due("c").await;
    assert!(HALF < due && due <= LEASE, "{due:?}");
}

/// A failed backup attempt does not take the task from the other attempt, and does not add it again.
pub async fn a_backup_that_fails_leaves_the_task_to_the_other_attempt<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    let slow = job.claim_one("slow").await;
    harness.age_leases(job.job(), LEASE).await;
    let fail = async |name: &str, task: &TaskRef| {
        let failure = AttemptFailure {
            reason: "its disk is full".to_owned(),
            max_attempts: 1,
        };
        let who = worker(name);
        let reply = job
            .store
            .fail(job.job(), &who, task.clone(), Some(&failure))
            .await;
        reply.unwrap()
    };
    let backup = job.claim_backup("b", "slow").await;
    assert_eq!(fail("b", &backup.task).await, FailReply::Retry);
    let status = job.status().await;
    assert_eq!((status.failed, status.dead), (1, 0));
    assert_eq!((status.pending, status.waiting), (1, 0));
    assert_eq!(
        job.backup("b").await,
        Backup::None,
        "a task that failed gets no backup"
    );
    // The failed backup attempt counts for the remaining attempt as well.
    assert_eq!(fail("slow", &slow.task).await, FailReply::Dead);
    assert_eq!(job.status().await.dead, 1);
}

/// The same holds for a failed job.
pub async fn a_job_that_is_over_has_no_backups<H: Harness>(harness: &H) {
    let job = TestJob::planned(harness, 1).await;
    job.claim_one("a").await;
    harness.age_leases(job.job(), LEASE).await;
    job.store.abandon(job.job(), "no more").await.unwrap();
    job.check_state(JobState::Failed).await;
    assert_eq!(job.backup("b").await, Backup::None);
}

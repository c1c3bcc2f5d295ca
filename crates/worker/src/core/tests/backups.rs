//! Backup attempts at tasks of other workers.

use std::time::Duration;

use store::{Backup, CommitReply, JobAvailability, Renewal};

use super::fixture::{
    LIMITS, LONG, backup, claim, claimed, committed, joined, joined_with, names, renewed, succeeded,
};
use crate::core::{Core, WorkerAction, WorkerEvent, WorkerLimits};

const WITH_BACKUPS: WorkerLimits = WorkerLimits {
    backups: true,
    ..LIMITS
};

/// Returns the longest wait of the claim, which must be the only action.
fn claim_wait(actions: &[WorkerAction]) -> Option<Duration> {
    match actions {
        [WorkerAction::Claim { count: 2, wait, .. }] => *wait,
        other => panic!("{other:?}"),
    }
}

/// A worker whose claim found no task.
fn after_empty_claim() -> Core {
    let mut core = joined_with(WITH_BACKUPS);
    assert_eq!(names(&core.step(claimed([]))), ["Reclaim"]);
    core
}

#[test]
fn an_idle_worker_attempts_a_task_of_another_worker_and_then_claims_more() {
    let mut core = after_empty_claim();
    assert_eq!(
        names(&core.step(WorkerEvent::Reclaimed(vec![]))),
        ["Backup"]
    );
    let actions = core.step(WorkerEvent::Backup(backup(claim(3, 1))));
    assert_eq!(names(&actions), ["Attempt", "Claim"]);
    assert_eq!(names(&core.step(succeeded(3))), ["Commit"]);
}

#[test]
fn a_worker_without_backup_attempts_does_not_query_for_them() {
    let mut core = joined();
    core.step(claimed([]));
    assert_eq!(
        names(&core.step(WorkerEvent::Reclaimed(vec![]))),
        ["JobStatus"]
    );
    core.step(WorkerEvent::JobStatus(JobAvailability::Needed));
    let actions = core.step(claimed([0]));
    assert!(
        matches!(
            actions[1],
            WorkerAction::Claim {
                count: 1,
                wait: None,
                ..
            }
        ),
        "{actions:?}"
    );
}

#[test]
fn a_claim_waits_until_the_next_backup_attempt_is_due() {
    let mut core = after_empty_claim();
    core.step(WorkerEvent::Reclaimed(vec![]));
    let actions = core.step(WorkerEvent::Backup(Backup::Due(LONG)));
    assert_eq!(names(&actions), ["JobStatus"]);
    let actions = core.step(WorkerEvent::JobStatus(JobAvailability::Needed));
    assert_eq!(claim_wait(&actions), Some(LONG));
    core.step(claimed([]));
    core.step(WorkerEvent::Reclaimed(vec![]));
    core.step(WorkerEvent::Backup(Backup::None));
    let actions = core.step(WorkerEvent::JobStatus(JobAvailability::Needed));
    assert_eq!(claim_wait(&actions), None);
}

#[test]
fn after_a_claimed_task_the_next_claim_does_not_wait() {
    let mut core = joined_with(WITH_BACKUPS);
    let actions = core.step(claimed([0]));
    let [
        WorkerAction::Attempt { .. },
        WorkerAction::Claim {
            count: 1,
            wait: Some(Duration::ZERO),
            ..
        },
    ] = actions[..]
    else {
        panic!("{actions:?}");
    };
}

#[test]
fn the_slower_of_two_attempts_is_cancelled_with_its_lease_and_the_worker_searches_for_work() {
    let mut core = joined_with(WITH_BACKUPS);
    core.step(claimed([0, 1]));
    core.step(WorkerEvent::Beat);
    let renewals = renewed([(0, Renewal::Lost), (1, Renewal::Renewed)]);
    assert_eq!(names(&core.step(renewals)), ["Cancel", "JobStatus"]);
    let actions = core.step(WorkerEvent::JobStatus(JobAvailability::Needed));
    assert!(
        matches!(actions[..], [WorkerAction::Reclaim { count: 1, .. }]),
        "{actions:?}"
    );
    let actions = core.step(WorkerEvent::Reclaimed(vec![]));
    assert!(
        matches!(actions[..], [WorkerAction::Claim { count: 1, .. }]),
        "{actions:?}"
    );
}

#[test]
fn a_backup_attempt_that_commits_second_is_dropped() {
    let mut core = after_empty_claim();
    core.step(WorkerEvent::Reclaimed(vec![]));
    core.step(WorkerEvent::Backup(backup(claim(3, 1))));
    core.step(succeeded(3));
    core.step(claimed([]));
    core.step(WorkerEvent::Reclaimed(vec![]));
    core.step(WorkerEvent::Backup(Backup::None));
    let reply = committed(3, CommitReply::Duplicate);
    assert!(core.step(reply).is_empty());
    let actions = core.step(WorkerEvent::JobStatus(JobAvailability::Needed));
    assert_eq!(names(&actions), ["Claim"]);
}

#[test]
fn a_draining_worker_gives_a_backup_attempt_back_and_queries_for_no_more() {
    let mut core = after_empty_claim();
    core.step(WorkerEvent::Reclaimed(vec![]));
    core.step(WorkerEvent::Terminate);
    let actions = core.step(WorkerEvent::Backup(backup(claim(3, 1))));
    assert_eq!(names(&actions), ["GiveBack"]);
    let mut core = after_empty_claim();
    core.step(WorkerEvent::Reclaimed(vec![]));
    core.step(WorkerEvent::Terminate);
    let actions = core.step(WorkerEvent::Backup(Backup::Due(LONG)));
    assert_eq!(names(&actions), ["Leave"]);
}

//! Backup attempts at tasks of other workers.

use std::time::Duration;

use store::{Backup, CommitReply, Renewal, Standing};

use super::fixture::{
    LIMITS, LONG, backup, claim, claimed, committed, joined, joined_with, names, renewed, succeeded,
};
use crate::core::{Action, Core, Event, Limits};

const WITH_BACKUPS: Limits = Limits {
    backups: true,
    ..LIMITS
};

/// Returns the longest wait of the claim, which must be the only action.
fn claim_wait(actions: &[Action]) -> Option<Duration> {
    match actions {
        [Action::Claim { count: 2, wait, .. }] => *wait,
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
    assert_eq!(names(&core.step(Event::Reclaimed(vec![]))), ["Backup"]);
    let actions = core.step(Event::Backup(backup(claim(3, 1))));
    assert_eq!(names(&actions), ["Attempt", "Claim"]);
    assert_eq!(names(&core.step(succeeded(3))), ["Commit"]);
}

#[test]
fn a_worker_without_backup_attempts_does_not_query_for_them() {
    let mut core = joined();
    core.step(claimed([]));
    assert_eq!(names(&core.step(Event::Reclaimed(vec![]))), ["JobStatus"]);
    core.step(Event::JobStatus(Standing::Needed));
    let actions = core.step(claimed([0]));
    assert!(
        matches!(
            actions[1],
            Action::Claim {
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
    core.step(Event::Reclaimed(vec![]));
    let actions = core.step(Event::Backup(Backup::Due(LONG)));
    assert_eq!(names(&actions), ["JobStatus"]);
    let actions = core.step(Event::JobStatus(Standing::Needed));
    assert_eq!(claim_wait(&actions), Some(LONG));
    core.step(claimed([]));
    core.step(Event::Reclaimed(vec![]));
    core.step(Event::Backup(Backup::None));
    let actions = core.step(Event::JobStatus(Standing::Needed));
    assert_eq!(claim_wait(&actions), None);
}

#[test]
fn after_a_claimed_task_the_next_claim_does_not_wait() {
    let mut core = joined_with(WITH_BACKUPS);
    let actions = core.step(claimed([0]));
    let [
        Action::Attempt { .. },
        Action::Claim {
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
    core.step(Event::Beat);
    let renewals = renewed([(0, Renewal::Lost), (1, Renewal::Renewed)]);
    assert_eq!(names(&core.step(renewals)), ["Cancel", "JobStatus"]);
    let actions = core.step(Event::JobStatus(Standing::Needed));
    assert!(
        matches!(actions[..], [Action::Reclaim { count: 1, .. }]),
        "{actions:?}"
    );
    let actions = core.step(Event::Reclaimed(vec![]));
    assert!(
        matches!(actions[..], [Action::Claim { count: 1, .. }]),
        "{actions:?}"
    );
}

#[test]
fn a_backup_attempt_that_commits_second_is_dropped() {
    let mut core = after_empty_claim();
    core.step(Event::Reclaimed(vec![]));
    core.step(Event::Backup(backup(claim(3, 1))));
    core.step(succeeded(3));
    core.step(claimed([]));
    core.step(Event::Reclaimed(vec![]));
    core.step(Event::Backup(Backup::None));
    let reply = committed(3, CommitReply::Duplicate);
    assert!(core.step(reply).is_empty());
    let actions = core.step(Event::JobStatus(Standing::Needed));
    assert_eq!(names(&actions), ["Claim"]);
}

#[test]
fn a_draining_worker_gives_a_backup_attempt_back_and_queries_for_no_more() {
    let mut core = after_empty_claim();
    core.step(Event::Reclaimed(vec![]));
    core.step(Event::Terminate);
    let actions = core.step(Event::Backup(backup(claim(3, 1))));
    assert_eq!(names(&actions), ["GiveBack"]);
    let mut core = after_empty_claim();
    core.step(Event::Reclaimed(vec![]));
    core.step(Event::Terminate);
    let actions = core.step(Event::Backup(Backup::Due(LONG)));
    assert_eq!(names(&actions), ["Leave"]);
}

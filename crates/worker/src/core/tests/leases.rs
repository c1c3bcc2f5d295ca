//! Leases of this worker and of other workers.

use store::{JobAvailability, Renewal};

use super::fixture::{LONG, attempted, claim, claimed, joined, names, renewed, succeeded, success};
use crate::core::{AttemptOutcome, WorkerAction, WorkerEvent};

#[test]
fn a_lost_lease_cancels_the_attempt() {
    let mut core = joined();
    core.step(claimed([0]));
    let actions = core.step(renewed([(0, Renewal::Lost)]));
    assert_eq!(names(&actions), ["Cancel"]);
    let late = core.step(succeeded(0));
    assert!(
        late.is_empty(),
        "a cancelled attempt is not committed: {late:?}"
    );
}

#[test]
fn a_repeated_task_starts_only_if_its_lease_is_renewed() {
    let mut core = joined();
    let claims = vec![claim(0, 2), claim(1, 2)];
    let actions = core.step(WorkerEvent::Reclaimed(claims));
    assert_eq!(names(&actions), ["Renew", "Renew"]);
    let renewals = renewed([(0, Renewal::Renewed), (1, Renewal::Lost)]);
    assert_eq!(names(&core.step(renewals)), ["Attempt", "JobStatus"]);
}

#[test]
fn the_end_of_a_cancelled_attempt_does_not_count_for_the_next_delivery() {
    let mut core = joined();
    core.step(claimed([0]));
    core.step(renewed([(0, Renewal::Lost)]));
    core.step(WorkerEvent::Reclaimed(vec![claim(0, 2)]));
    core.step(renewed([(0, Renewal::Renewed)]));
    let late = attempted(claim(0, 1), AttemptOutcome::Cancelled, LONG);
    assert!(core.step(late).is_empty());
    let actions = core.step(attempted(claim(0, 2), success(), LONG));
    assert_eq!(names(&actions), ["Commit"]);
}

#[test]
fn a_heartbeat_is_skipped_while_the_last_one_is_under_way() {
    let mut core = joined();
    core.step(claimed([0]));
    let actions = core.step(WorkerEvent::Beat);
    assert!(
        matches!(&actions[..], [WorkerAction::Renew { tasks, .. }] if tasks.len() == 1),
        "{actions:?}"
    );
    assert!(core.step(WorkerEvent::Beat).is_empty());
    core.step(renewed([(0, Renewal::Renewed)]));
    assert_eq!(names(&core.step(WorkerEvent::Beat)), ["Renew"]);
}

#[test]
fn expired_leases_come_before_new_tasks() {
    let mut core = joined();
    core.step(claimed([0]));
    core.step(claimed([1]));
    core.step(WorkerEvent::Beat);
    assert_eq!(names(&core.step(succeeded(0))), ["Commit", "Reclaim"]);
    // A beat during the reclaim does not lead to another reclaim: new tasks have their turn.
    core.step(renewed([(0, Renewal::Renewed), (1, Renewal::Renewed)]));
    assert_eq!(names(&core.step(WorkerEvent::Beat)), ["Renew"]);
    assert_eq!(names(&core.step(WorkerEvent::Reclaimed(vec![]))), ["Claim"]);
}

#[test]
fn a_worker_that_reclaims_its_own_task_goes_on_claiming() {
    let mut core = joined();
    core.step(claimed([0]));
    core.step(WorkerEvent::Beat);
    assert_eq!(names(&core.step(claimed([]))), ["Reclaim"]);
    core.step(WorkerEvent::Reclaimed(vec![]));
    core.step(renewed([(0, Renewal::Renewed)]));
    core.step(WorkerEvent::Beat);
    let actions = core.step(WorkerEvent::JobStatus(JobAvailability::Needed));
    assert_eq!(names(&actions), ["Reclaim"]);
    core.step(renewed([(0, Renewal::Renewed)]));
    core.step(WorkerEvent::Beat);
    let actions = core.step(WorkerEvent::Reclaimed(vec![claim(0, 2)]));
    assert_eq!(names(&actions), ["Claim"]);
}

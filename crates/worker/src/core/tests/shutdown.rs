//! Shutdown after SIGTERM.

use store::{CommitReply, Renewal};

use super::fixture::{
    LONG, attempted, claim, claimed, committed, joined, names, renewed, returned, succeeded,
};
use crate::core::{AttemptOutcome, WorkerAction, WorkerEvent};

#[test]
fn a_draining_worker_finishes_running_tasks_and_gives_new_ones_back() {
    let mut core = joined();
    core.step(claimed([0]));
    assert!(
        core.step(WorkerEvent::Terminate).is_empty(),
        "a claim is under way"
    );
    assert_eq!(names(&core.step(claimed([1]))), ["GiveBack"]);
    assert!(core.step(returned(1)).is_empty());
    assert_eq!(names(&core.step(succeeded(0))), ["Commit"]);
    let actions = core.step(committed(0, CommitReply::Committed));
    assert_eq!(names(&actions), ["Leave"]);
}

#[test]
fn a_task_that_outlasts_the_grace_period_is_given_back_without_blame() {
    let mut core = joined();
    core.step(claimed([0, 1]));
    core.step(WorkerEvent::Terminate);
    assert_eq!(
        names(&core.step(WorkerEvent::GraceOver)),
        ["Cancel", "Cancel"]
    );
    let actions = core.step(attempted(claim(0, 1), AttemptOutcome::Cancelled, LONG));
    assert!(
        matches!(actions[..], [WorkerAction::GiveBack { failure: None, .. }]),
        "{actions:?}"
    );
}

#[test]
fn a_second_sigterm_does_not_extend_the_grace_period() {
    let mut core = joined();
    core.step(WorkerEvent::Reclaimed(vec![claim(0, 2)]));
    core.step(WorkerEvent::Terminate);
    core.step(WorkerEvent::GraceOver);
    core.step(WorkerEvent::Terminate);
    let renewals = renewed([(0, Renewal::Renewed)]);
    assert_eq!(names(&core.step(renewals)), ["GiveBack"]);
}

//! Attempts, commits and failures of tasks.

use mapreduce_core::TaskIndex;
use store::{CommitReply, StoreError};

use super::fixture::{LONG, attempted, claim, claimed, committed, joined, names, succeeded};
use crate::core::{AttemptOutcome, FailureKind, WorkerAction, WorkerEvent};

#[test]
fn a_claimed_task_is_attempted_and_committed_while_the_next_is_claimed() {
    let mut core = joined();
    assert_eq!(names(&core.step(claimed([0]))), ["Attempt", "Claim"]);
    let actions = core.step(succeeded(0));
    let [
        WorkerAction::Commit {
            finished, tries: 0, ..
        },
    ] = &actions[..]
    else {
        panic!("{actions:?}")
    };
    let commit = &finished.commit;
    assert_eq!((commit.task.index, commit.attempt), (TaskIndex(0), 1));
    let reply = committed(0, CommitReply::Committed);
    assert!(core.step(reply).is_empty());
}

#[test]
fn a_full_worker_claims_nothing_until_a_slot_is_free() {
    let mut core = joined();
    let actions = core.step(claimed([0, 1]));
    assert_eq!(names(&actions), ["Attempt", "Attempt"]);
    // The commit leaves the slot to the next task.
    assert_eq!(names(&core.step(succeeded(0))), ["Commit", "Claim"]);
}

#[test]
fn commits_without_a_reply_stop_further_claims() {
    let mut core = joined();
    core.step(claimed([0, 1]));
    core.step(succeeded(0));
    core.step(claimed([2]));
    core.step(succeeded(1));
    core.step(claimed([3]));
    assert_eq!(
        names(&core.step(succeeded(2))),
        ["Commit"],
        "two slots hold at most four tasks"
    );
}

#[test]
fn a_task_that_kills_its_workers_fails() {
    let mut core = joined();
    let actions = core.step(WorkerEvent::Reclaimed(vec![claim(0, 5)]));
    let WorkerAction::GiveBack {
        failure: Some(failure),
        ..
    } = &actions[0]
    else {
        panic!("{actions:?}")
    };
    assert_eq!(failure.max_attempts, 1);
    assert!(failure.reason.contains("4 times"), "{}", failure.reason);
}

#[test]
fn a_refused_commit_fails_the_task_permanently() {
    let mut core = joined();
    core.step(claimed([0]));
    core.step(succeeded(0));
    let reply = CommitReply::Refused("beyond 2^53".into());
    let actions = core.step(committed(0, reply));
    let [
        WorkerAction::GiveBack {
            failure: Some(failure),
            ..
        },
    ] = &actions[..]
    else {
        panic!("{actions:?}")
    };
    assert_eq!(
        (failure.reason.as_str(), failure.max_attempts),
        ("beyond 2^53", 1)
    );
}

#[test]
fn only_a_transient_failure_leads_to_another_attempt() {
    for (kind, expected) in [(FailureKind::Permanent, 1), (FailureKind::Transient, 4)] {
        let mut core = joined();
        core.step(claimed([0]));
        let reason = "a.txt".into();
        let outcome = AttemptOutcome::Failed { reason, kind };
        let actions = core.step(attempted(claim(0, 1), outcome, LONG));
        let [
            WorkerAction::GiveBack {
                failure: Some(failure),
                ..
            },
        ] = &actions[..]
        else {
            panic!("{actions:?}")
        };
        assert_eq!(failure.max_attempts, expected);
    }
}

#[test]
fn after_a_lost_reply_the_worker_queries_which_tasks_it_holds() {
    let mut core = joined();
    core.step(claimed([0]));
    let lost = StoreError::Unavailable {
        detail: "broken pipe".into(),
    };
    assert_eq!(
        names(&core.step(WorkerEvent::ClaimFailed(lost))),
        ["Recover"]
    );
    let actions = core.step(WorkerEvent::Held(vec![claim(0, 1), claim(1, 1)]));
    assert_eq!(names(&actions), ["Attempt"], "task 0 is running already");
}

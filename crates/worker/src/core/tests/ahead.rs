//! Tasks claimed ahead, and lost runs.

use std::time::Duration;

use mapreduce_core::TaskIndex;

use super::fixture::{
    LONG, attempted, claim, claimed, joined, lost_run, names, returned, succeeded,
    succeeded_briefly,
};
use crate::core::{AttemptOutcome, Core, WorkerAction, WorkerEvent};

/// A worker that runs tasks 1 and 2, while tasks 3, 4 and 5 wait.
fn with_waiting_tasks() -> Core {
    let mut core = joined();
    core.step(claimed([0, 1]));
    core.step(succeeded_briefly(0));
    core.step(claimed(2..6));
    core
}

#[test]
fn brief_attempts_make_a_worker_claim_ahead_and_a_long_one_returns_waiting_tasks() {
    let mut core = joined();
    core.step(claimed([0, 1]));
    let actions = core.step(succeeded_briefly(0));
    assert_eq!(names(&actions), ["Commit", "Claim"]);
    let Some(WorkerAction::Claim {
        count, wait: None, ..
    }) = actions.last()
    else {
        panic!("{actions:?}");
    };
    assert_eq!(
        *count, 17,
        "one for the free slot, and eight ahead for each slot"
    );
    let actions = core.step(claimed(2..6));
    assert_eq!(
        names(&actions),
        ["Attempt"],
        "two tasks run, and three wait for a slot"
    );
    let actions = core.step(succeeded_briefly(1));
    assert_eq!(names(&actions), ["Commit", "Attempt", "Claim"]);
    let actions = core.step(succeeded(2));
    assert_eq!(names(&actions), ["Commit", "Attempt", "GiveBack"]);
}

#[test]
fn waiting_tasks_are_given_back_on_sigterm() {
    let mut core = with_waiting_tasks();
    let actions = core.step(WorkerEvent::Terminate);
    assert_eq!(names(&actions), ["GiveBack", "GiveBack", "GiveBack"]);
}

#[test]
fn lost_runs_are_reopened_and_the_task_is_given_back() {
    let mut core = joined();
    core.step(claimed([7]));
    let lost = AttemptOutcome::RunsLost(vec![lost_run()]);
    let actions = core.step(attempted(claim(7, 1), lost, LONG));
    let [WorkerAction::Reopen { task, runs, .. }, ..] = &actions[..] else {
        panic!("{actions:?}");
    };
    assert_eq!((task.index, &runs[..]), (TaskIndex(7), &[lost_run()][..]));
    let actions = core.step(returned(7));
    assert_eq!(names(&actions), [""; 0], "a claim is under way");
}

#[test]
fn tasks_that_wait_for_a_whole_heartbeat_interval_are_returned() {
    let mut core = with_waiting_tasks();
    let actions = core.step(WorkerEvent::Beat);
    let expected = ["GiveBack", "GiveBack", "GiveBack", "Renew"];
    assert_eq!(names(&actions), expected);
}

#[test]
fn map_tasks_start_before_reduce_tasks_and_a_missing_run_does_not_count_as_brief() {
    let mut core = joined();
    core.step(claimed([10, 11]));
    core.step(succeeded_briefly(10));
    core.step(claimed([12, 13, 3]));
    let not_ready = attempted(claim(11, 1), AttemptOutcome::NotReady, Duration::ZERO);
    let actions = core.step(not_ready);
    assert_eq!(names(&actions), ["GiveBack", "Attempt", "GiveBack"]);
    let WorkerAction::Attempt { claim: next, .. } = &actions[1] else {
        panic!("{actions:?}");
    };
    assert_eq!(next.task.index, TaskIndex(3));
}

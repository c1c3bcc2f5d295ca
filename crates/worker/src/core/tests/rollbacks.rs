//! Commits after a rollback of the store.

use store::{CommitReply, JobAvailability, JobState};

use super::fixture::{LIMITS, claimed, committed, job, joined, names, succeeded};
use crate::core::{Core, WorkerAction, WorkerEvent, WorkerLimits};

/// A worker with one slot that is committing these two tasks, and can hold no more.
fn full_of_commits(tasks: [u32; 2]) -> Core {
    let mut core = Core::new(WorkerLimits { slots: 1, ..LIMITS });
    core.step(WorkerEvent::Job(Some(job("a"))));
    for index in tasks {
        core.step(claimed([index]));
        core.step(succeeded(index));
    }
    core
}

#[test]
fn a_commit_is_retried_until_the_plan_is_back() {
    let mut core = joined();
    core.step(claimed([0]));
    core.step(succeeded(0));
    let replies = [CommitReply::NoPlan, CommitReply::State(JobState::Planning)];
    for (earlier, reply) in (0..).zip(replies) {
        let actions = core.step(committed(0, reply));
        let [WorkerAction::Commit { tries, .. }] = &actions[..] else {
            panic!("{actions:?}")
        };
        assert_eq!(*tries, earlier + 1);
    }
}

#[test]
fn a_worker_full_of_commits_without_a_plan_searches_for_a_job() {
    let mut core = full_of_commits([0, 1]);
    let actions = core.step(committed(0, CommitReply::NoPlan));
    assert_eq!(names(&actions), ["Commit", "AwaitPlan"]);
    // The job is planned again, so that the commits succeed.
    assert!(core.step(WorkerEvent::Job(Some(job("a")))).is_empty());
    let actions = core.step(committed(0, CommitReply::Committed));
    assert_eq!(names(&actions), ["Claim"]);
}

#[test]
fn commits_of_reduce_tasks_are_dropped_after_a_rollback_because_map_tasks_need_the_slots() {
    let mut core = full_of_commits([9, 10]);
    let not_planned = |index| committed(index, CommitReply::State(JobState::Planning));
    assert_eq!(names(&core.step(not_planned(9))), ["JobStatus"]);
    assert!(core.step(not_planned(10)).is_empty());
    let actions = core.step(WorkerEvent::JobStatus(JobAvailability::Needed));
    assert!(
        matches!(
            &actions[..],
            [WorkerAction::JobStatus(_) | WorkerAction::Claim { count: 1, .. }]
        ),
        "{actions:?}"
    );
}

//! Commits that a rollback has made untimely.

use store::{CommitReply, JobState, Standing};

use super::{LONG, claim, job, names, output};
use crate::core::{Action, Core, Event, Limits};

/// A worker of one slot that is committing these two tasks, and can hold no more.
fn full_of(tasks: [u32; 2]) -> Core {
    let mut core = Core::new(Limits {
        slots: 1,
        max_attempts: 4,
        backups: false,
    });
    core.step(Event::Job(Some(job("a"))));
    for index in tasks {
        core.step(Event::Claimed(vec![claim(index, 1)]));
        core.step(Event::Attempted(job("a"), claim(index, 1), output(), LONG));
    }
    core
}

fn answered(index: u32, reply: CommitReply) -> Event {
    Event::Committed(job("a"), claim(index, 1).task, reply)
}

#[test]
fn hands_full_of_commits_without_a_plan_look_for_a_job() {
    let mut core = full_of([0, 1]);
    let lost = core.step(answered(0, CommitReply::NoPlan));
    assert_eq!(names(&lost), ["Commit", "JobAgain"]);
    // Planned again: the commits will get through.
    assert!(core.step(Event::Job(Some(job("a")))).is_empty());
    let actions = core.step(answered(0, CommitReply::Committed));
    assert_eq!(names(&actions), ["Claim"]);
}

/// Map tasks need the hands.
#[test]
fn commits_of_reduce_tasks_that_a_rollback_took_give_way_to_map_tasks() {
    let mut core = full_of([9, 10]);
    let planned_later = |index| answered(index, CommitReply::State(JobState::Planning));
    assert_eq!(names(&core.step(planned_later(9))), ["Standing"]);
    assert!(core.step(planned_later(10)).is_empty());
    let actions = core.step(Event::Standing(Standing::Needed));
    assert!(
        matches!(&actions[..], [Action::Standing(_) | Action::Claim(_, 1, _)]),
        "{actions:?}"
    );
}

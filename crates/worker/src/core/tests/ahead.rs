//! Tasks that are claimed ahead, and runs that are lost.

use std::time::Duration;

use mapreduce::TaskIndex;

use super::{LONG, claim, job, joined, names, output};
use crate::core::{Action, AttemptOutcome, Event, LostRun};

#[test]
fn brief_attempts_let_tasks_be_claimed_ahead_and_a_long_one_returns_them() {
    let mut core = joined();
    core.step(Event::Claimed(vec![claim(0, 1), claim(1, 1)]));
    let brief = Duration::ZERO;
    let actions = core.step(Event::Attempted(job("a"), claim(0, 1), output(), brief));
    assert_eq!(names(&actions), ["Commit", "Claim"]);
    let Some(Action::Claim(_, count, None)) = actions.last() else {
        panic!("{actions:?}");
    };
    assert_eq!(
        *count, 17,
        "one for the free slot, and eight ahead for each"
    );
    let more = (2..6).map(|index| claim(index, 1)).collect();
    let actions = core.step(Event::Claimed(more));
    assert_eq!(
        names(&actions),
        ["Attempt"],
        "two run, and three wait for a slot"
    );
    let actions = core.step(Event::Attempted(job("a"), claim(1, 1), output(), brief));
    assert_eq!(names(&actions), ["Commit", "Attempt", "Claim"]);
    let actions = core.step(Event::Attempted(job("a"), claim(2, 1), output(), LONG));
    assert_eq!(names(&actions), ["Commit", "Attempt", "GiveBack"]);
}

#[test]
fn what_was_claimed_ahead_is_given_back_at_the_end() {
    let mut core = joined();
    core.step(Event::Claimed(vec![claim(0, 1), claim(1, 1)]));
    core.step(Event::Attempted(
        job("a"),
        claim(0, 1),
        output(),
        Duration::ZERO,
    ));
    core.step(Event::Claimed(
        (2..6).map(|index| claim(index, 1)).collect(),
    ));
    let actions = core.step(Event::Terminate);
    assert_eq!(names(&actions), ["GiveBack", "GiveBack", "GiveBack"]);
}

#[test]
fn lost_runs_are_reopened_and_the_task_returned() {
    let mut core = joined();
    core.step(Event::Claimed(vec![claim(7, 1)]));
    let run = LostRun {
        task: TaskIndex(3),
        attempt: "x".into(),
        reason: "gone".into(),
    };
    let lost = AttemptOutcome::Lost(vec![run.clone()]);
    let actions = core.step(Event::Attempted(job("a"), claim(7, 1), lost, LONG));
    let [Action::Reopen(_, task, runs), ..] = &actions[..] else {
        panic!("{actions:?}");
    };
    assert_eq!((task.index, &runs[..]), (TaskIndex(7), &[run][..]));
    let actions = core.step(Event::Returned(job("a"), claim(7, 1).task));
    assert_eq!(names(&actions), [""; 0], "a claim is under way");
}

#[test]
fn what_waits_for_a_beat_is_given_back() {
    let mut core = joined();
    core.step(Event::Claimed(vec![claim(0, 1), claim(1, 1)]));
    let first = Event::Attempted(job("a"), claim(0, 1), output(), Duration::ZERO);
    core.step(first);
    core.step(Event::Claimed(
        (2..6).map(|index| claim(index, 1)).collect(),
    ));
    let actions = core.step(Event::Beat);
    let expected = ["GiveBack", "GiveBack", "GiveBack", "Renew"];
    assert_eq!(names(&actions), expected);
}

#[test]
fn map_tasks_go_before_reduce_tasks_and_waiting_for_a_run_is_not_brief() {
    let mut core = joined();
    core.step(Event::Claimed(vec![claim(10, 1), claim(11, 1)]));
    let first = Event::Attempted(job("a"), claim(10, 1), output(), Duration::ZERO);
    core.step(first);
    core.step(Event::Claimed(vec![
        claim(12, 1),
        claim(13, 1),
        claim(3, 1),
    ]));
    let not_ready = AttemptOutcome::NotReady;
    let ended = Event::Attempted(job("a"), claim(11, 1), not_ready, Duration::ZERO);
    let actions = core.step(ended);
    assert_eq!(names(&actions), ["GiveBack", "Attempt", "GiveBack"]);
    let Action::Attempt(_, next) = &actions[1] else {
        panic!("{actions:?}");
    };
    assert_eq!(next.task.index, TaskIndex(3));
}

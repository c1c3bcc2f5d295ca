//! Second attempts at what others hold.

use std::time::Duration;

use store::{Backup, CommitReply, Renewal, Standing};

use super::{LONG, backup, claim, job, joined, joined_with, names, output};
use crate::core::{Action, Core, Event};

/// How long the claim may wait that is the only action.
fn wait(actions: &[Action]) -> Option<Duration> {
    match actions {
        [Action::Claim(_, 2, wait)] => *wait,
        other => panic!("{other:?}"),
    }
}

/// A worker that has found nothing to claim.
fn idle() -> Core {
    let mut core = joined_with(true);
    assert_eq!(names(&core.step(Event::Claimed(vec![]))), ["Reclaim"]);
    core
}

#[test]
fn a_worker_with_nothing_to_do_attempts_what_another_holds_and_then_looks_for_more() {
    let mut core = idle();
    assert_eq!(names(&core.step(Event::Reclaimed(vec![]))), ["Backup"]);
    let actions = core.step(Event::Backup(backup(claim(3, 1))));
    assert_eq!(names(&actions), ["Attempt", "Claim"]);
    let actions = core.step(Event::Attempted(job("a"), claim(3, 1), output(), LONG));
    assert_eq!(names(&actions), ["Commit"]);
}

#[test]
fn a_worker_that_takes_no_backups_does_not_ask_for_them() {
    let mut core = joined();
    core.step(Event::Claimed(vec![]));
    assert_eq!(names(&core.step(Event::Reclaimed(vec![]))), ["Standing"]);
    core.step(Event::Standing(Standing::Needed));
    let actions = core.step(Event::Claimed(vec![claim(0, 1)]));
    assert!(
        matches!(actions[1], Action::Claim(_, 1, None)),
        "{actions:?}"
    );
}

#[test]
fn it_waits_for_tasks_until_the_next_backup_is_due() {
    let mut core = idle();
    core.step(Event::Reclaimed(vec![]));
    let actions = core.step(Event::Backup(Backup::Due(LONG)));
    assert_eq!(names(&actions), ["Standing"]);
    assert_eq!(
        wait(&core.step(Event::Standing(Standing::Needed))),
        Some(LONG)
    );
    core.step(Event::Claimed(vec![]));
    core.step(Event::Reclaimed(vec![]));
    core.step(Event::Backup(Backup::None));
    assert_eq!(wait(&core.step(Event::Standing(Standing::Needed))), None);
}

#[test]
fn what_others_hold_is_looked_at_as_soon_as_there_is_nothing_to_claim() {
    let mut core = joined_with(true);
    let actions = core.step(Event::Claimed(vec![claim(0, 1)]));
    let [
        Action::Attempt(..),
        Action::Claim(_, 1, Some(Duration::ZERO)),
    ] = actions[..]
    else {
        panic!("{actions:?}");
    };
}

#[test]
fn the_slower_of_two_attempts_ends_with_its_lease_and_the_worker_helps_elsewhere() {
    let mut core = joined_with(true);
    core.step(Event::Claimed(vec![claim(0, 1), claim(1, 1)]));
    core.step(Event::Beat);
    let renewals = vec![
        (claim(0, 1).task, Renewal::Lost),
        (claim(1, 1).task, Renewal::Renewed),
    ];
    let actions = core.step(Event::Renewed(job("a"), renewals));
    assert_eq!(names(&actions), ["Cancel", "Standing"]);
    let actions = core.step(Event::Standing(Standing::Needed));
    assert!(
        matches!(actions[..], [Action::Reclaim(_, 1)]),
        "{actions:?}"
    );
    let actions = core.step(Event::Reclaimed(vec![]));
    assert!(
        matches!(actions[..], [Action::Claim(_, 1, _)]),
        "{actions:?}"
    );
}

#[test]
fn a_backup_that_comes_second_is_forgotten() {
    let mut core = idle();
    core.step(Event::Reclaimed(vec![]));
    core.step(Event::Backup(backup(claim(3, 1))));
    core.step(Event::Attempted(job("a"), claim(3, 1), output(), LONG));
    core.step(Event::Claimed(vec![]));
    core.step(Event::Reclaimed(vec![]));
    core.step(Event::Backup(Backup::None));
    let reply = Event::Committed(job("a"), claim(3, 1).task, CommitReply::Duplicate);
    assert!(core.step(reply).is_empty());
    let actions = core.step(Event::Standing(Standing::Needed));
    assert_eq!(names(&actions), ["Claim"]);
}

#[test]
fn a_worker_that_is_to_go_hands_a_backup_back_and_asks_for_no_more() {
    let mut core = idle();
    core.step(Event::Reclaimed(vec![]));
    core.step(Event::Terminate);
    let actions = core.step(Event::Backup(backup(claim(3, 1))));
    assert_eq!(names(&actions), ["GiveBack"]);
    let mut core = idle();
    core.step(Event::Reclaimed(vec![]));
    core.step(Event::Terminate);
    let actions = core.step(Event::Backup(Backup::Due(LONG)));
    assert_eq!(names(&actions), ["Leave"]);
}

//! Leases that end: this worker's own, and those of others.

use store::{Renewal, Standing};

use super::{LONG, claim, job, joined, names, output};
use crate::core::Event;

#[test]
fn a_lost_lease_stops_the_mapping() {
    let mut core = joined();
    core.step(Event::Claimed(vec![claim(0, 1)]));
    let actions = core.step(Event::Renewed(
        job("a"),
        vec![(claim(0, 1).task, Renewal::Lost)],
    ));
    assert_eq!(names(&actions), ["Cancel"]);
    let late = core.step(Event::Attempted(job("a"), claim(0, 1), output(), LONG));
    assert!(
        late.is_empty(),
        "what was stopped is not committed: {late:?}"
    );
}

#[test]
fn leases_that_may_have_ended_come_before_tasks_that_wait() {
    let mut core = joined();
    core.step(Event::Claimed(vec![claim(0, 1)]));
    core.step(Event::Claimed(vec![claim(1, 1)]));
    core.step(Event::Beat);
    let done = Event::Attempted(job("a"), claim(0, 1), output(), LONG);
    assert_eq!(names(&core.step(done)), ["Commit", "Reclaim"]);
    // Another beat before the answer does not make it the next search as well: that is for what waits.
    let renewals = [0, 1].map(|index| (claim(index, 1).task, Renewal::Renewed));
    core.step(Event::Renewed(job("a"), renewals.to_vec()));
    assert_eq!(names(&core.step(Event::Beat)), ["Renew"]);
    assert_eq!(names(&core.step(Event::Reclaimed(vec![]))), ["Claim"]);
}

#[test]
fn a_lease_of_its_own_that_has_ended_does_not_keep_a_worker_from_claiming() {
    // It looks for leases that have ended, and finds what it works at.
    let mut core = joined();
    core.step(Event::Claimed(vec![claim(0, 1)]));
    core.step(Event::Beat);
    assert_eq!(names(&core.step(Event::Claimed(vec![]))), ["Reclaim"]);
    core.step(Event::Reclaimed(vec![]));
    core.step(Event::Renewed(
        job("a"),
        vec![(claim(0, 1).task, Renewal::Renewed)],
    ));
    core.step(Event::Beat);
    let actions = core.step(Event::Standing(Standing::Needed));
    assert_eq!(names(&actions), ["Reclaim"]);
    core.step(Event::Renewed(
        job("a"),
        vec![(claim(0, 1).task, Renewal::Renewed)],
    ));
    core.step(Event::Beat);
    let actions = core.step(Event::Reclaimed(vec![claim(0, 2)]));
    assert_eq!(names(&actions), ["Claim"]);
}

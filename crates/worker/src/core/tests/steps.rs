//! Jobs of several steps.

use mapreduce::StepOf;

use super::*;

/// Step `nth` of three, as the job `id`.
fn step(id: &str, nth: u32) -> Job {
    let mut joined = Joined::clone(&job(id));
    joined.spec.step = Some(StepOf { nth, count: 3 });
    Arc::new(joined)
}

/// A worker whose job is step `nth`, which is over.
fn after(nth: u32) -> (Core, Vec<Action>) {
    let mut core = Core::new(Limits {
        slots: 2,
        max_attempts: 4,
        backups: false,
    });
    core.step(Event::Started);
    let job = step("a", nth);
    core.step(Event::Job(Some(job.clone())));
    core.step(Event::Renewed(job, vec![]));
    let actions = core.step(Event::Standing(Standing::Over));
    (core, actions)
}

#[test]
fn after_a_step_the_next_one_is_looked_for_and_after_the_last_one_none() {
    let (mut core, actions) = after(0);
    assert_eq!(names(&actions), ["NextJob"]);
    let actions = core.step(Event::Job(Some(step("b", 1))));
    assert_eq!(names(&actions), ["Renew", "Claim"]);
    let (_, actions) = after(2);
    assert_eq!(names(&actions), ["Leave"]);
}

#[test]
fn a_worker_that_missed_the_last_step_goes_when_no_master_is_there() {
    let (mut core, _) = after(1);
    assert_eq!(
        names(&core.step(Event::Late { forsaken: false })),
        ["Leave"]
    );
}

#[test]
fn a_worker_goes_on_with_a_step_that_is_not_over_though_no_master_is_there() {
    let (mut core, _) = after(1);
    core.step(Event::Job(Some(step("b", 2))));
    assert!(!names(&core.step(Event::Late { forsaken: false })).contains(&"Leave".to_owned()));
}

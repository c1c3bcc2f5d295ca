//! The decisions, told as sentences.

mod ahead;
mod backups;
mod leases;
mod rollbacks;
mod steps;

use std::sync::Arc;
use std::time::Duration;

use mapreduce::{Aggregate, Counters, JobId, JobSpec, Pairs, PlanHash, TaskIndex, WorkerName};
use store::{Backup, Claim, CommitReply, JobRef, JobState, Renewal, Standing, StoreError, TaskRef};

use super::*;

/// Long enough for a worker to ask for the next task then.
pub(super) const LONG: Duration = Duration::from_secs(1);

pub(super) fn job(id: &str) -> Job {
    let spec = JobSpec {
        aggregate: Aggregate::Live,
        ..JobSpec::word_count(0)
    };
    let job = JobRef {
        id: JobId::new(id).unwrap(),
        plan: PlanHash(1),
    };
    Arc::new(Joined { job, spec, maps: 9 })
}

pub(super) fn claim(index: u32, deliveries: u32) -> Claim {
    let task = TaskRef {
        index: TaskIndex(index),
        entry: format!("1-{}", index + 1),
    };
    Claim {
        task,
        payload: Ok(Arc::new(mapreduce::Task::Reduce(index))),
        deliveries,
        repeated: deliveries > 1,
    }
}

pub(super) fn output() -> AttemptOutcome {
    AttemptOutcome::Output(
        Output::Counts(Arc::new(Pairs::default())),
        Counters::default(),
        None,
    )
}

/// A claim of what `slow` holds.
pub(super) fn backup(claim: Claim) -> Backup {
    Backup::Claimed {
        claim,
        holder: WorkerName::new("slow"),
        held: LONG,
    }
}

/// A worker with two slots and four attempts that has joined job `a`, and leaves to others what they hold.
fn joined() -> Core {
    joined_with(false)
}

fn joined_with(backups: bool) -> Core {
    let mut core = Core::new(Limits {
        slots: 2,
        max_attempts: 4,
        backups,
    });
    assert!(matches!(core.step(Event::Started)[..], [Action::NextJob]));
    let actions = core.step(Event::Job(Some(job("a"))));
    let [Action::Renew(_, tasks), Action::Claim(_, 2, None)] = &actions[..] else {
        panic!("{actions:?}");
    };
    assert!(tasks.is_empty(), "joining shows a sign of life");
    core.step(Event::Renewed(job("a"), vec![]));
    core
}

fn names(actions: &[Action]) -> Vec<String> {
    let name = |action| {
        format!("{action:?}")
            .split(['(', ' '])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    actions.iter().map(name).collect()
}

#[test]
fn a_claimed_task_is_mapped_committed_and_followed_by_the_next() {
    let mut core = joined();
    assert_eq!(
        names(&core.step(Event::Claimed(vec![claim(0, 1)]))),
        ["Attempt", "Claim"]
    );
    let actions = core.step(Event::Attempted(job("a"), claim(0, 1), output(), LONG));
    let [Action::Commit(_, finished, 0)] = &actions[..] else {
        panic!("{actions:?}")
    };
    let commit = &finished.commit;
    assert_eq!((commit.task.index, commit.attempt), (TaskIndex(0), 1));
    assert!(
        core.step(Event::Committed(
            job("a"),
            claim(0, 1).task,
            CommitReply::Committed
        ))
        .is_empty()
    );
}

#[test]
fn a_full_worker_claims_nothing_until_a_slot_is_free() {
    let mut core = joined();
    assert_eq!(
        names(&core.step(Event::Claimed(vec![claim(0, 1), claim(1, 1)]))),
        ["Attempt", "Attempt"]
    );
    // The commit runs beside the next task.
    let actions = core.step(Event::Attempted(job("a"), claim(0, 1), output(), LONG));
    assert_eq!(names(&actions), ["Commit", "Claim"]);
}

#[test]
fn commits_that_do_not_get_through_stop_further_claims() {
    let mut core = joined();
    core.step(Event::Claimed(vec![claim(0, 1), claim(1, 1)]));
    core.step(Event::Attempted(job("a"), claim(0, 1), output(), LONG));
    core.step(Event::Claimed(vec![claim(2, 1)]));
    core.step(Event::Attempted(job("a"), claim(1, 1), output(), LONG));
    core.step(Event::Claimed(vec![claim(3, 1)]));
    let actions = core.step(Event::Attempted(job("a"), claim(2, 1), output(), LONG));
    assert_eq!(
        names(&actions),
        ["Commit"],
        "four tasks in hand are the most that two slots take"
    );
}

#[test]
fn an_idle_worker_looks_for_expired_leases_and_then_at_the_job() {
    let mut core = joined();
    assert_eq!(names(&core.step(Event::Claimed(vec![]))), ["Reclaim"]);
    assert_eq!(names(&core.step(Event::Reclaimed(vec![]))), ["Standing"]);
    assert_eq!(
        names(&core.step(Event::Standing(Standing::Needed))),
        ["Claim"]
    );
    core.step(Event::Claimed(vec![]));
    core.step(Event::Reclaimed(vec![]));
    assert_eq!(
        names(&core.step(Event::Standing(Standing::Over))),
        ["Leave"]
    );
}

#[test]
fn a_repeated_task_is_mapped_only_if_its_lease_is_ours() {
    let mut core = joined();
    assert_eq!(
        names(&core.step(Event::Reclaimed(vec![claim(0, 2), claim(1, 2)]))),
        ["Renew", "Renew"]
    );
    let renewals = vec![
        (claim(0, 2).task, Renewal::Renewed),
        (claim(1, 2).task, Renewal::Lost),
    ];
    assert_eq!(
        names(&core.step(Event::Renewed(job("a"), renewals))),
        ["Attempt", "Standing"]
    );
}

#[test]
fn a_task_that_kills_its_workers_is_given_up() {
    let mut core = joined();
    let actions = core.step(Event::Reclaimed(vec![claim(0, 5)]));
    let Action::GiveBack(_, _, Some(blame)) = &actions[0] else {
        panic!("{actions:?}")
    };
    assert_eq!(blame.max_attempts, 1);
    assert!(blame.reason.contains("4 times"), "{}", blame.reason);
}

#[test]
fn a_commit_waits_for_a_plan_that_was_rolled_back() {
    let mut core = joined();
    core.step(Event::Claimed(vec![claim(0, 1)]));
    core.step(Event::Attempted(job("a"), claim(0, 1), output(), LONG));
    for (tries, reply) in [CommitReply::NoPlan, CommitReply::State(JobState::Planning)]
        .into_iter()
        .enumerate()
    {
        let actions = core.step(Event::Committed(job("a"), claim(0, 1).task, reply));
        let [Action::Commit(_, _, again)] = &actions[..] else {
            panic!("{actions:?}")
        };
        assert_eq!(*again, tries as u32 + 1);
    }
}

#[test]
fn a_job_that_nobody_watches_over_does_not_keep_a_worker_from_the_next() {
    let mut core = joined();
    core.step(Event::Claimed(vec![]));
    core.step(Event::Reclaimed(vec![]));
    assert_eq!(
        names(&core.step(Event::Standing(Standing::Unattended))),
        ["NextJob"]
    );
    assert_eq!(
        names(&core.step(Event::Job(None))),
        ["Claim"],
        "its tasks are still done meanwhile"
    );
    core.step(Event::Claimed(vec![]));
    core.step(Event::Reclaimed(vec![]));
    core.step(Event::Standing(Standing::Unattended));
    assert_eq!(
        names(&core.step(Event::Job(Some(job("b"))))),
        ["Renew", "Claim"]
    );
}

#[test]
fn a_refused_commit_fails_the_task_for_good() {
    let mut core = joined();
    core.step(Event::Claimed(vec![claim(0, 1)]));
    core.step(Event::Attempted(job("a"), claim(0, 1), output(), LONG));
    let reply = CommitReply::Refused("beyond 2^53".into());
    let actions = core.step(Event::Committed(job("a"), claim(0, 1).task, reply));
    let [Action::GiveBack(_, _, Some(blame))] = &actions[..] else {
        panic!("{actions:?}")
    };
    assert_eq!(
        (blame.reason.as_str(), blame.max_attempts),
        ("beyond 2^53", 1)
    );
}

#[test]
fn a_failed_attempt_is_blamed_as_often_as_may_help() {
    for (hopeless, expected) in [(true, 1), (false, 4)] {
        let mut core = joined();
        core.step(Event::Claimed(vec![claim(0, 1)]));
        let outcome = AttemptOutcome::Failed {
            reason: "a.txt".into(),
            hopeless,
        };
        let actions = core.step(Event::Attempted(job("a"), claim(0, 1), outcome, LONG));
        let [Action::GiveBack(_, _, Some(blame))] = &actions[..] else {
            panic!("{actions:?}")
        };
        assert_eq!(blame.max_attempts, expected);
    }
}

#[test]
fn after_a_lost_answer_it_asks_what_it_holds() {
    let mut core = joined();
    core.step(Event::Claimed(vec![claim(0, 1)]));
    let lost = StoreError::Unavailable {
        detail: "broken pipe".into(),
    };
    assert_eq!(names(&core.step(Event::ClaimFailed(lost))), ["Recover"]);
    let actions = core.step(Event::Held(vec![claim(0, 1), claim(1, 1)]));
    assert_eq!(
        names(&actions),
        ["Attempt"],
        "task 0 is being mapped already"
    );
}

#[test]
fn sigterm_lets_tasks_finish_and_hands_back_new_ones() {
    let mut core = joined();
    core.step(Event::Claimed(vec![claim(0, 1)]));
    assert!(
        core.step(Event::Terminate).is_empty(),
        "a claim is under way"
    );
    assert_eq!(
        names(&core.step(Event::Claimed(vec![claim(1, 1)]))),
        ["GiveBack"]
    );
    assert!(
        core.step(Event::Returned(job("a"), claim(1, 1).task))
            .is_empty()
    );
    assert_eq!(
        names(&core.step(Event::Attempted(job("a"), claim(0, 1), output(), LONG))),
        ["Commit"]
    );
    let actions = core.step(Event::Committed(
        job("a"),
        claim(0, 1).task,
        CommitReply::Committed,
    ));
    assert_eq!(names(&actions), ["Leave"]);
}

#[test]
fn a_task_that_outlasts_the_grace_is_handed_back_without_blame() {
    let mut core = joined();
    core.step(Event::Claimed(vec![claim(0, 1), claim(1, 1)]));
    core.step(Event::Terminate);
    assert_eq!(names(&core.step(Event::GraceOver)), ["Cancel", "Cancel"]);
    let actions = core.step(Event::Attempted(
        job("a"),
        claim(0, 1),
        AttemptOutcome::Cancelled,
        LONG,
    ));
    assert!(
        matches!(actions[..], [Action::GiveBack(_, _, None)]),
        "{actions:?}"
    );
}

#[test]
fn a_job_that_vanished_is_waited_for_and_then_left() {
    let mut core = joined();
    core.step(Event::Claimed(vec![]));
    core.step(Event::Reclaimed(vec![]));
    assert_eq!(
        names(&core.step(Event::Standing(Standing::Unknown))),
        ["JobAgain"]
    );
    let over = Event::Standing(Standing::Over);
    assert_eq!(names(&core.step(over)), ["Leave"]);
}

#[test]
fn a_worker_with_a_job_does_not_take_itself_to_be_late() {
    let mut core = joined();
    core.step(Event::Claimed(vec![]));
    core.step(Event::Reclaimed(vec![]));
    core.step(Event::Standing(Standing::Unattended));
    assert_eq!(
        names(&core.step(Event::Late { forsaken: false })),
        ["Claim"]
    );
}

#[test]
fn a_worker_whose_job_nobody_will_ever_end_goes() {
    // A rollback brought it back after its end.
    let mut core = joined();
    core.step(Event::Claimed(vec![]));
    core.step(Event::Reclaimed(vec![]));
    core.step(Event::Standing(Standing::Unattended));
    assert_eq!(names(&core.step(Event::Late { forsaken: true })), ["Leave"]);
}

#[test]
fn an_attempt_that_was_stopped_does_not_speak_for_the_next_one() {
    let mut core = joined();
    core.step(Event::Claimed(vec![claim(0, 1)]));
    core.step(Event::Renewed(
        job("a"),
        vec![(claim(0, 1).task, Renewal::Lost)],
    ));
    core.step(Event::Reclaimed(vec![claim(0, 2)]));
    core.step(Event::Renewed(
        job("a"),
        vec![(claim(0, 2).task, Renewal::Renewed)],
    ));
    let late = Event::Attempted(job("a"), claim(0, 1), AttemptOutcome::Cancelled, LONG);
    assert!(core.step(late).is_empty());
    let actions = core.step(Event::Attempted(job("a"), claim(0, 2), output(), LONG));
    assert_eq!(names(&actions), ["Commit"]);
}

#[test]
fn a_worker_that_came_too_late_for_any_job_goes() {
    let mut core = Core::new(Limits {
        slots: 2,
        max_attempts: 4,
        backups: false,
    });
    core.step(Event::Started);
    assert_eq!(names(&core.step(Event::Job(None))), ["NextJob"]);
    assert_eq!(
        names(&core.step(Event::Late { forsaken: false })),
        ["Leave"]
    );
}

#[test]
fn a_worker_that_is_given_the_tasks_of_a_failed_job_again_and_again_looks_at_the_job() {
    let mut core = joined();
    core.step(Event::Claimed(vec![]));
    let actions = core.step(Event::Reclaimed(vec![claim(0, 9)]));
    assert_eq!(names(&actions), ["GiveBack", "Claim"]);
    core.step(Event::Returned(job("a"), claim(0, 9).task));
    core.step(Event::Claimed(vec![]));
    let actions = core.step(Event::Reclaimed(vec![claim(1, 2)]));
    assert_eq!(names(&actions), ["Renew", "Standing"]);
    assert_eq!(
        names(&core.step(Event::Standing(Standing::Over))),
        ["Leave"]
    );
}

#[test]
fn what_is_said_of_an_earlier_job_is_not_heard() {
    let mut core = joined();
    core.step(Event::Claimed(vec![claim(0, 1)]));
    core.step(Event::Claimed(vec![]));
    core.step(Event::Reclaimed(vec![]));
    core.step(Event::Standing(Standing::Unknown));
    assert_eq!(
        names(&core.step(Event::Job(Some(job("b"))))),
        ["Cancel", "Renew", "Claim"]
    );
    core.step(Event::Claimed(vec![claim(0, 1)]));
    assert!(
        core.step(Event::Attempted(job("a"), claim(0, 1), output(), LONG))
            .is_empty()
    );
    assert_eq!(
        names(&core.step(Event::Attempted(job("b"), claim(0, 1), output(), LONG))),
        ["Commit"]
    );
}

#[test]
fn heartbeats_do_not_pile_up() {
    let mut core = joined();
    core.step(Event::Claimed(vec![claim(0, 1)]));
    let actions = core.step(Event::Beat);
    assert!(
        matches!(&actions[..], [Action::Renew(_, tasks)] if tasks.len() == 1),
        "{actions:?}"
    );
    assert!(core.step(Event::Beat).is_empty());
    core.step(Event::Renewed(
        job("a"),
        vec![(claim(0, 1).task, Renewal::Renewed)],
    ));
    assert_eq!(names(&core.step(Event::Beat)), ["Renew"]);
}

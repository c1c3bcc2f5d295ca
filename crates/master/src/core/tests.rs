//! The decisions, told as sentences.

use std::time::Duration;

use mapreduce::{Counters, JobId, PlanHash, TaskIndex};
use store::{
    EventCursor, FinishReply, JobRecord, JobRef, JobState, JobStatus, PlanReply, StoreError,
    StoreId,
};

use super::*;

const PLAN: PlanHash = PlanHash(7);

pub(super) fn id(text: &str) -> JobId {
    JobId::new(text).unwrap()
}

pub(super) fn job(text: &str) -> JobRef {
    JobRef {
        id: id(text),
        plan: PLAN,
    }
}

fn goal() -> Goal {
    Goal {
        plan: PLAN,
        maps: 3,
        total: 3,
        id: None,
        fresh: id("fresh"),
        stall_notice: Duration::from_secs(20),
        stall_timeout: Some(Duration::from_secs(60)),
        skip_bad_records: 2,
    }
}

pub(super) fn status(state: JobState, done: u32) -> JobStatus {
    JobStatus {
        plan: PLAN,
        state,
        maps: 3,
        total: 3,
        planned: 3,
        done,
        pending: 1,
        waiting: 0,
        failed: 0,
        dead: 0,
        dead_letters: vec![],
        counters: Counters::default(),
        workers: 1,
        beats: 0,
        reason: None,
    }
}

fn seen(status: JobStatus) -> Event {
    Event::Status(Some(Box::new(status)), Duration::ZERO)
}

fn store(run: &str) -> Event {
    Event::Connected(StoreId(run.into()))
}

/// A master that has begun job `fresh` and watches it.
pub(super) fn watching() -> Core {
    let mut core = Core::new(goal());
    assert_eq!(core.step(Event::Started), [Action::Connect]);
    assert_eq!(core.step(store("one")), [Action::Jobs]);
    assert_eq!(
        core.step(Event::Jobs(vec![])),
        [Action::Plan(job("fresh"), 0)]
    );
    assert_eq!(
        core.step(Event::Planned(PlanReply::Next(2))),
        [Action::Plan(job("fresh"), 2)]
    );
    assert_eq!(
        core.step(Event::Planned(PlanReply::Complete)),
        [Action::Audit(job("fresh"))]
    );
    assert_eq!(
        core.step(Event::Missing(vec![])),
        [Action::Status(id("fresh"))]
    );
    let watch = Action::Watch(id("fresh"), EventCursor::default());
    assert_eq!(core.step(seen(status(JobState::Map, 0))), [watch]);
    core
}

#[test]
fn a_job_goes_from_plan_to_published_result() {
    let mut core = watching();
    let cursor = EventCursor(Some("5".into()));
    assert_eq!(
        core.step(Event::Watched(cursor)),
        [Action::Status(id("fresh"))]
    );
    assert_eq!(
        core.step(seen(status(JobState::Map, 3))),
        [Action::Finish(job("fresh"))]
    );
    assert_eq!(
        core.step(Event::Finished(FinishReply::Done)),
        [Action::Status(id("fresh"))]
    );
    let done = JobStatus {
        pending: 0,
        ..status(JobState::Done, 3)
    };
    let publish = Action::Publish(job("fresh"), Box::new(done.clone()));
    assert_eq!(core.step(seen(done)), [publish]);
    assert_eq!(core.step(Event::Published), [Action::Retire(job("fresh"))]);
    assert_eq!(core.step(Event::Retired), [Action::End(Outcome::Done)]);
}

#[test]
fn a_job_that_leaves_too_many_records_out_fails() {
    let mut core = watching();
    let without = |skipped_records| JobStatus {
        counters: Counters {
            skipped_records,
            ..Counters::default()
        },
        ..status(JobState::Map, 2)
    };
    let watch = Action::Watch(id("fresh"), EventCursor::default());
    assert_eq!(core.step(seen(without(2))), [watch]);
    core.step(Event::Watched(EventCursor::default()));
    let actions = core.step(seen(without(3)));
    let [Action::Abandon(of, reason)] = &actions[..] else {
        panic!("{actions:?}");
    };
    assert_eq!(*of, job("fresh"));
    assert!(
        reason.contains("at 3 records") && reason.contains("job.skip_bad_records lets 2"),
        "{reason}"
    );
    core.step(Event::Abandoned);
    let [Action::End(Outcome::Failed(told))] = &core.step(Event::Retired)[..] else {
        panic!("it failed");
    };
    assert_eq!(told, reason);
}

#[test]
fn nothing_is_published_while_the_store_counts_pending_tasks() {
    let mut core = watching();
    assert_eq!(
        core.step(seen(status(JobState::Done, 3))),
        [Action::Finish(job("fresh"))]
    );
}

#[test]
fn nothing_is_finished_while_a_task_is_not_done() {
    let mut core = watching();
    for done in 0..3 {
        let drained = JobStatus {
            pending: 0,
            ..status(JobState::Map, done)
        };
        // 0 pending and 0 waiting prove nothing: what is not done was lost, or the store guessed wrong.
        core.step(Event::Watched(EventCursor::default()));
        assert_eq!(
            core.step(seen(drained.clone())),
            [Action::Audit(job("fresh"))]
        );
        core.step(Event::Missing(vec![]));
        let actions = core.step(seen(drained));
        assert!(
            matches!(&actions[..], [Action::Watch(..)]),
            "it does not spin: {actions:?}"
        );
    }
    let not_yet = FinishReply::NotYet { done: 2, total: 3 };
    assert_eq!(
        core.step(Event::Finished(not_yet)),
        [Action::Audit(job("fresh"))]
    );
}

#[test]
fn lost_tasks_are_added_again_until_none_is_lost() {
    let mut core = watching();
    let lost = vec![TaskIndex(1)];
    let actions = [
        Action::Say(Notice::Lost(1)),
        Action::Repair(job("fresh"), lost.clone()),
    ];
    assert_eq!(core.step(Event::Missing(lost)), actions);
    assert_eq!(core.step(Event::Repaired), [Action::Audit(job("fresh"))]);
}

#[test]
fn an_unfinished_job_of_the_same_plan_is_taken_up() {
    for state in [
        JobState::Planning,
        JobState::Map,
        JobState::Reduce,
        JobState::Done,
    ] {
        let mut core = Core::new(goal());
        core.step(store("one"));
        let other = JobRecord {
            job: JobRef {
                id: id("other"),
                plan: PlanHash(8),
            },
            state: JobState::Map,
        };
        let same = JobRecord {
            job: job("same"),
            state,
        };
        let actions = [Action::Say(Notice::Resumed), Action::Plan(job("same"), 0)];
        assert_eq!(core.step(Event::Jobs(vec![other, same])), actions);
    }
}

#[test]
fn a_job_that_failed_is_not_taken_up() {
    for state in [JobState::Failed, JobState::Cancelled] {
        let mut core = Core::new(goal());
        core.step(store("one"));
        let jobs = vec![JobRecord {
            job: job("same"),
            state,
        }];
        assert_eq!(
            core.step(Event::Jobs(jobs)),
            [Action::Plan(job("fresh"), 0)]
        );
    }
}

#[test]
fn an_id_that_was_asked_for_is_used() {
    let mut core = Core::new(Goal {
        id: Some(id("mine")),
        ..goal()
    });
    core.step(store("one"));
    let jobs = vec![JobRecord {
        job: job("same"),
        state: JobState::Map,
    }];
    assert_eq!(core.step(Event::Jobs(jobs)), [Action::Plan(job("mine"), 0)]);
    let actions = core.step(Event::Planned(PlanReply::Mismatch { found: "08".into() }));
    let [Action::End(Outcome::Failed(reason))] = &actions[..] else {
        panic!("{actions:?}")
    };
    assert!(
        reason.contains("mine") && reason.contains("job.id"),
        "{reason}"
    );
}

#[test]
fn planning_goes_on_where_the_store_has_got_to() {
    let mut core = watching();
    assert_eq!(
        core.step(Event::Planned(PlanReply::Gap(1))),
        [Action::Plan(job("fresh"), 1)]
    );
    let half = JobStatus {
        planned: 1,
        ..status(JobState::Planning, 0)
    };
    assert_eq!(core.step(seen(half)), [Action::Plan(job("fresh"), 1)]);
    assert_eq!(
        core.step(Event::Status(None, Duration::ZERO)),
        [Action::Plan(job("fresh"), 0)]
    );
    assert_eq!(
        core.step(Event::Finished(FinishReply::NoPlan)),
        [Action::Plan(job("fresh"), 0)]
    );
}

#[test]
fn every_fault_of_the_store_takes_the_one_way_back() {
    let mut core = watching();
    core.step(Event::Watched(EventCursor(Some("5".into()))));
    let fault = StoreError::Unavailable {
        detail: "gone".into(),
    };
    assert_eq!(core.step(Event::Troubled(fault.clone())), [Action::Connect]);
    assert_eq!(core.step(store("one")), [Action::Plan(job("fresh"), 0)]);
    core.step(Event::Troubled(fault));
    let actions = [
        Action::Say(Notice::StoreRestarted),
        Action::Plan(job("fresh"), 0),
    ];
    assert_eq!(core.step(store("two")), actions);
    // Of another incarnation, all events are news.
    let watch = Action::Watch(id("fresh"), EventCursor::default());
    assert_eq!(core.step(seen(status(JobState::Map, 0))), [watch]);
}

#[test]
fn a_dead_task_fails_the_job_with_its_reason() {
    let mut core = watching();
    let dead = JobStatus {
        dead: 2,
        dead_letters: vec![
            (TaskIndex(0), "a.txt: changed".into()),
            (TaskIndex(1), "a.txt: changed".into()),
        ],
        ..status(JobState::Map, 1)
    };
    let actions = core.step(seen(dead));
    let [Action::Abandon(_, reason)] = &actions[..] else {
        panic!("{actions:?}")
    };
    assert_eq!(reason, "a.txt: changed; and 1 more failed tasks");
    assert_eq!(core.step(Event::Abandoned), [Action::Retire(job("fresh"))]);
    assert_eq!(
        core.step(Event::Retired),
        [Action::End(Outcome::Failed(reason.clone()))]
    );
}

#[test]
fn a_rollback_behind_the_result_does_not_leave_workers_waiting() {
    let mut core = watching();
    core.step(Event::Published);
    let actions = core.step(store("two"));
    assert!(matches!(&actions[..], [Action::Abandon(..)]), "{actions:?}");
    assert_eq!(core.step(Event::Abandoned), [Action::Retire(job("fresh"))]);
    assert_eq!(core.step(Event::Retired), [Action::End(Outcome::Done)]);
}

#[test]
fn a_job_that_somebody_ended_is_reported() {
    let mut core = watching();
    let failed = JobStatus {
        reason: Some("by hand".into()),
        ..status(JobState::Failed, 1)
    };
    assert_eq!(core.step(seen(failed)), [Action::Retire(job("fresh"))]);
    assert_eq!(
        core.step(Event::Retired),
        [Action::End(Outcome::Failed("by hand".into()))]
    );
}

#[test]
fn a_plan_under_our_id_that_is_not_ours_ends_the_master() {
    let mut core = watching();
    let other = JobStatus {
        plan: PlanHash(9),
        ..status(JobState::Map, 0)
    };
    assert!(matches!(
        &core.step(seen(other))[..],
        [Action::End(Outcome::Failed(_))]
    ));
}

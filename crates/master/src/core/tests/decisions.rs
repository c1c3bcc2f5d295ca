//! The reaction of the reconciler to each event.

use std::time::Duration;

use mapreduce_core::{Counters, PlanHash, TaskIndex};
use store::{
    EventCursor, FinishReply, JobRecord, JobRef, JobState, JobStatus, PlanReply, StoreError,
};

use super::fixtures::{goal, id, job, seen, status, store, watching};
use crate::core::{Action, Event, Goal, Notice, Outcome, Reconciler};

#[test]
fn a_job_goes_from_plan_to_published_result() {
    let mut master = watching();
    let cursor = EventCursor(Some("5".into()));
    assert_eq!(
        master.step(Event::Watched(cursor)),
        [Action::Status(id("fresh"))]
    );
    assert_eq!(
        master.step(seen(status(JobState::Map, 3))),
        [Action::Finish(job("fresh"))]
    );
    assert_eq!(
        master.step(Event::Finished(FinishReply::Done)),
        [Action::Status(id("fresh"))]
    );
    let done = JobStatus {
        pending: 0,
        ..status(JobState::Done, 3)
    };
    let publish = Action::Publish(job("fresh"), Box::new(done.clone()));
    assert_eq!(master.step(seen(done)), [publish]);
    assert_eq!(
        master.step(Event::Published),
        [Action::Retire(job("fresh"))]
    );
    assert_eq!(master.step(Event::Retired), [Action::End(Outcome::Done)]);
}

#[test]
fn a_job_that_skips_too_many_bad_records_fails() {
    let mut master = watching();
    let without = |skipped_records| JobStatus {
        counters: Counters {
            skipped_records,
            ..Counters::default()
        },
        ..status(JobState::Map, 2)
    };
    let watch = Action::Watch(id("fresh"), EventCursor::default());
    assert_eq!(master.step(seen(without(2))), [watch]);
    master.step(Event::Watched(EventCursor::default()));
    let actions = master.step(seen(without(3)));
    let [Action::Abandon(of, reason)] = &actions[..] else {
        panic!("{actions:?}");
    };
    assert_eq!(*of, job("fresh"));
    assert!(
        reason.contains("at least 3 bad records") && reason.contains("job.skip_bad_records=2"),
        "{reason}"
    );
    master.step(Event::Abandoned);
    let [Action::End(Outcome::Failed(ended))] = &master.step(Event::Retired)[..] else {
        panic!("the job failed");
    };
    assert_eq!(ended, reason);
}

#[test]
fn nothing_is_published_while_the_store_counts_pending_tasks() {
    let mut master = watching();
    assert_eq!(
        master.step(seen(status(JobState::Done, 3))),
        [Action::Finish(job("fresh"))]
    );
}

#[test]
fn nothing_is_finished_while_a_task_is_not_done() {
    let mut master = watching();
    for done in 0..3 {
        let drained = JobStatus {
            pending: 0,
            ..status(JobState::Map, done)
        };
        // 0 pending and 0 waiting tasks prove nothing: the others were lost, or the estimate of the store is wrong.
        master.step(Event::Watched(EventCursor::default()));
        assert_eq!(
            master.step(seen(drained.clone())),
            [Action::Audit(job("fresh"))]
        );
        master.step(Event::Missing(vec![]));
        let actions = master.step(seen(drained));
        assert!(
            matches!(&actions[..], [Action::Watch(..)]),
            "the master does not spin: {actions:?}"
        );
    }
    let not_yet = FinishReply::NotYet { done: 2, total: 3 };
    assert_eq!(
        master.step(Event::Finished(not_yet)),
        [Action::Audit(job("fresh"))]
    );
}

#[test]
fn lost_tasks_are_added_again_until_an_audit_finds_none() {
    let mut master = watching();
    let lost = vec![TaskIndex(1)];
    let actions = [
        Action::Notify(Notice::TasksLost(1)),
        Action::Repair(job("fresh"), lost.clone()),
    ];
    assert_eq!(master.step(Event::Missing(lost)), actions);
    assert_eq!(master.step(Event::Repaired), [Action::Audit(job("fresh"))]);
}

#[test]
fn an_unfinished_job_of_the_same_plan_is_resumed() {
    for state in [
        JobState::Planning,
        JobState::Map,
        JobState::Reduce,
        JobState::Done,
    ] {
        let mut master = Reconciler::new(goal());
        master.step(store("one"));
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
        let actions = [
            Action::Notify(Notice::Resumed),
            Action::Plan(job("same"), 0),
        ];
        assert_eq!(master.step(Event::Jobs(vec![other, same])), actions);
    }
}

#[test]
fn a_failed_job_is_not_resumed() {
    for state in [JobState::Failed, JobState::Cancelled] {
        let mut master = Reconciler::new(goal());
        master.step(store("one"));
        let jobs = vec![JobRecord {
            job: job("same"),
            state,
        }];
        assert_eq!(
            master.step(Event::Jobs(jobs)),
            [Action::Plan(job("fresh"), 0)]
        );
    }
}

#[test]
fn a_configured_job_id_is_used() {
    let mut master = Reconciler::new(Goal {
        id: Some(id("mine")),
        ..goal()
    });
    master.step(store("one"));
    let jobs = vec![JobRecord {
        job: job("same"),
        state: JobState::Map,
    }];
    assert_eq!(
        master.step(Event::Jobs(jobs)),
        [Action::Plan(job("mine"), 0)]
    );
    let actions = master.step(Event::Planned(PlanReply::Mismatch { found: "08".into() }));
    let [Action::End(Outcome::Failed(reason))] = &actions[..] else {
        panic!("{actions:?}")
    };
    assert!(
        reason.contains("mine") && reason.contains("job.id"),
        "{reason}"
    );
}

#[test]
fn planning_continues_at_the_next_task_of_the_store() {
    let mut master = watching();
    assert_eq!(
        master.step(Event::Planned(PlanReply::Gap(1))),
        [Action::Plan(job("fresh"), 1)]
    );
    let half = JobStatus {
        planned: 1,
        ..status(JobState::Planning, 0)
    };
    assert_eq!(master.step(seen(half)), [Action::Plan(job("fresh"), 1)]);
    assert_eq!(
        master.step(Event::Status(None, Duration::ZERO)),
        [Action::Plan(job("fresh"), 0)]
    );
    assert_eq!(
        master.step(Event::Finished(FinishReply::NoPlan)),
        [Action::Plan(job("fresh"), 0)]
    );
}

#[test]
fn every_fault_of_the_store_takes_the_same_recovery_path() {
    let mut master = watching();
    master.step(Event::Watched(EventCursor(Some("5".into()))));
    let fault = StoreError::Unavailable {
        detail: "gone".into(),
    };
    assert_eq!(
        master.step(Event::StoreFailed(fault.clone())),
        [Action::Connect]
    );
    assert_eq!(master.step(store("one")), [Action::Plan(job("fresh"), 0)]);
    master.step(Event::StoreFailed(fault));
    let actions = [
        Action::Notify(Notice::StoreRestarted),
        Action::Plan(job("fresh"), 0),
    ];
    assert_eq!(master.step(store("two")), actions);
    // In another incarnation of the store, every event is news.
    let watch = Action::Watch(id("fresh"), EventCursor::default());
    assert_eq!(master.step(seen(status(JobState::Map, 0))), [watch]);
}

#[test]
fn a_dead_task_fails_the_job_with_its_reason() {
    let mut master = watching();
    let dead = JobStatus {
        dead: 2,
        dead_letters: vec![
            (TaskIndex(0), "a.txt: changed".into()),
            (TaskIndex(1), "a.txt: changed".into()),
        ],
        ..status(JobState::Map, 1)
    };
    let actions = master.step(seen(dead));
    let [Action::Abandon(_, reason)] = &actions[..] else {
        panic!("{actions:?}")
    };
    assert_eq!(reason, "a.txt: changed; 1 more tasks failed");
    assert_eq!(
        master.step(Event::Abandoned),
        [Action::Retire(job("fresh"))]
    );
    assert_eq!(
        master.step(Event::Retired),
        [Action::End(Outcome::Failed(reason.clone()))]
    );
}

#[test]
fn a_rollback_after_publication_does_not_leave_workers_waiting() {
    let mut master = watching();
    master.step(Event::Published);
    let actions = master.step(store("two"));
    assert!(matches!(&actions[..], [Action::Abandon(..)]), "{actions:?}");
    assert_eq!(
        master.step(Event::Abandoned),
        [Action::Retire(job("fresh"))]
    );
    assert_eq!(master.step(Event::Retired), [Action::End(Outcome::Done)]);
}

#[test]
fn a_job_that_was_ended_from_outside_is_reported() {
    let mut master = watching();
    let failed = JobStatus {
        reason: Some("by hand".into()),
        ..status(JobState::Failed, 1)
    };
    assert_eq!(master.step(seen(failed)), [Action::Retire(job("fresh"))]);
    assert_eq!(
        master.step(Event::Retired),
        [Action::End(Outcome::Failed("by hand".into()))]
    );
}

#[test]
fn another_plan_under_the_same_job_id_ends_the_master() {
    let mut master = watching();
    let other = JobStatus {
        plan: PlanHash(9),
        ..status(JobState::Map, 0)
    };
    assert!(matches!(
        &master.step(seen(other))[..],
        [Action::End(Outcome::Failed(_))]
    ));
}

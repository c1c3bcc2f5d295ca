//! A goal, a job and its status, and a reconciler that watches the job.

use std::time::Duration;

use mapreduce_core::{Counters, JobId, PlanHash};
use store::{EventCursor, JobRef, JobState, JobStatus, PlanReply, StoreId};

use crate::core::{Action, Event, Goal, Reconciler};

pub(super) const PLAN: PlanHash = PlanHash(7);

pub(super) fn id(text: &str) -> JobId {
    JobId::new(text).unwrap()
}

pub(super) fn job(text: &str) -> JobRef {
    JobRef {
        id: id(text),
        plan: PLAN,
    }
}

pub(super) fn goal() -> Goal {
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

pub(super) fn seen(status: JobStatus) -> Event {
    Event::Status(Some(Box::new(status)), Duration::ZERO)
}

pub(super) fn store(run: &str) -> Event {
    Event::Connected(StoreId(run.into()))
}

/// Returns a reconciler that has planned the job `fresh` and watches it.
pub(super) fn watching() -> Reconciler {
    let mut master = Reconciler::new(goal());
    assert_eq!(master.step(Event::Started), [Action::Connect]);
    assert_eq!(master.step(store("one")), [Action::Jobs]);
    assert_eq!(
        master.step(Event::Jobs(vec![])),
        [Action::Plan(job("fresh"), 0)]
    );
    assert_eq!(
        master.step(Event::Planned(PlanReply::Next(2))),
        [Action::Plan(job("fresh"), 2)]
    );
    assert_eq!(
        master.step(Event::Planned(PlanReply::Complete)),
        [Action::Audit(job("fresh"))]
    );
    assert_eq!(
        master.step(Event::Missing(vec![])),
        [Action::Status(id("fresh"))]
    );
    let watch = Action::Watch(id("fresh"), EventCursor::default());
    assert_eq!(master.step(seen(status(JobState::Map, 0))), [watch]);
    master
}

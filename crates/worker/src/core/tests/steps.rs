//! Jobs of several steps.

use std::sync::Arc;

use mapreduce_core::StepPosition;
use store::JobAvailability;

use super::fixture::{LIMITS, job, names};
use crate::core::{Core, JoinedJob, MasterAbsence, SharedJob, WorkerAction, WorkerEvent};

/// Step `index` of three, as job `id`.
fn step(id: &str, index: u32) -> SharedJob {
    let mut joined = JoinedJob::clone(&job(id));
    joined.spec.step = Some(StepPosition { index, count: 3 });
    Arc::new(joined)
}

/// A worker whose step `index` is over, and its last actions.
fn after(index: u32) -> (Core, Vec<WorkerAction>) {
    let mut core = Core::new(LIMITS);
    core.step(WorkerEvent::Started);
    let job = step("a", index);
    core.step(WorkerEvent::Job(Some(job.clone())));
    let renewals = vec![];
    core.step(WorkerEvent::Renewed { job, renewals });
    let actions = core.step(WorkerEvent::JobStatus(JobAvailability::Over));
    (core, actions)
}

#[test]
fn a_worker_joins_the_next_step_and_leaves_after_the_last_one() {
    let (mut core, actions) = after(0);
    assert_eq!(names(&actions), ["NextJob"]);
    let actions = core.step(WorkerEvent::Job(Some(step("b", 1))));
    assert_eq!(names(&actions), ["Renew", "Claim"]);
    let (_, actions) = after(2);
    assert_eq!(names(&actions), ["Leave"]);
}

#[test]
fn a_worker_between_steps_leaves_when_the_master_is_absent() {
    let (mut core, _) = after(1);
    let actions = core.step(WorkerEvent::IdleTimeout(MasterAbsence::Short));
    assert_eq!(names(&actions), ["Leave"]);
}

#[test]
fn a_worker_continues_an_unfinished_step_while_the_master_is_absent() {
    let (mut core, _) = after(1);
    core.step(WorkerEvent::Job(Some(step("b", 2))));
    let actions = core.step(WorkerEvent::IdleTimeout(MasterAbsence::Short));
    assert!(!names(&actions).contains(&"Leave".to_owned()));
}

//! Joining and leaving jobs.

use store::{JobAvailability, Renewal};

use super::fixture::{
    LIMITS, LONG, claim, claimed, job, joined, names, returned, succeeded, success, without_work,
};
use crate::core::{Core, MasterAbsence, WorkerEvent};

#[test]
fn a_worker_without_work_queries_the_job_and_leaves_when_it_is_over() {
    let mut core = without_work();
    let actions = core.step(WorkerEvent::JobStatus(JobAvailability::Needed));
    assert_eq!(names(&actions), ["Claim"]);
    core.step(claimed([]));
    core.step(WorkerEvent::Reclaimed(vec![]));
    let actions = core.step(WorkerEvent::JobStatus(JobAvailability::Over));
    assert_eq!(names(&actions), ["Leave"]);
}

#[test]
fn a_worker_of_a_job_without_a_master_joins_the_next_job() {
    let mut core = without_work();
    let actions = core.step(WorkerEvent::JobStatus(JobAvailability::Unwatched));
    assert_eq!(names(&actions), ["NextJob"]);
    assert_eq!(
        names(&core.step(WorkerEvent::Job(None))),
        ["Claim"],
        "the worker continues the job meanwhile"
    );
    core.step(claimed([]));
    core.step(WorkerEvent::Reclaimed(vec![]));
    core.step(WorkerEvent::JobStatus(JobAvailability::Unwatched));
    let actions = core.step(WorkerEvent::Job(Some(job("b"))));
    assert_eq!(names(&actions), ["Renew", "Claim"]);
}

#[test]
fn a_worker_waits_for_a_vanished_job_and_leaves_when_it_is_over() {
    let mut core = without_work();
    let actions = core.step(WorkerEvent::JobStatus(JobAvailability::Unknown));
    assert_eq!(names(&actions), ["AwaitPlan"]);
    let actions = core.step(WorkerEvent::JobStatus(JobAvailability::Over));
    assert_eq!(names(&actions), ["Leave"]);
}

#[test]
fn a_worker_with_a_job_stays_after_the_idle_timeout() {
    let mut core = without_work();
    core.step(WorkerEvent::JobStatus(JobAvailability::Unwatched));
    let actions = core.step(WorkerEvent::IdleTimeout(MasterAbsence::Short));
    assert_eq!(names(&actions), ["Claim"]);
}

#[test]
fn a_worker_leaves_an_abandoned_job() {
    // A rollback restored the job after its end.
    let mut core = without_work();
    core.step(WorkerEvent::JobStatus(JobAvailability::Unwatched));
    let actions = core.step(WorkerEvent::IdleTimeout(MasterAbsence::Abandoned));
    assert_eq!(names(&actions), ["Leave"]);
}

#[test]
fn a_worker_without_a_job_leaves_after_the_idle_timeout() {
    let mut core = Core::new(LIMITS);
    core.step(WorkerEvent::Started);
    assert_eq!(names(&core.step(WorkerEvent::Job(None))), ["NextJob"]);
    let actions = core.step(WorkerEvent::IdleTimeout(MasterAbsence::Short));
    assert_eq!(names(&actions), ["Leave"]);
}

#[test]
fn a_worker_that_only_finds_tasks_of_a_failed_job_queries_the_job() {
    let mut core = joined();
    core.step(claimed([]));
    let actions = core.step(WorkerEvent::Reclaimed(vec![claim(0, 9)]));
    assert_eq!(names(&actions), ["GiveBack", "Claim"]);
    core.step(returned(0));
    core.step(claimed([]));
    let actions = core.step(WorkerEvent::Reclaimed(vec![claim(1, 2)]));
    assert_eq!(names(&actions), ["Renew", "JobStatus"]);
    let actions = core.step(WorkerEvent::JobStatus(JobAvailability::Over));
    assert_eq!(names(&actions), ["Leave"]);
}

#[test]
fn events_of_an_earlier_job_are_ignored() {
    let mut core = joined();
    core.step(claimed([0]));
    core.step(claimed([]));
    core.step(WorkerEvent::Reclaimed(vec![]));
    core.step(WorkerEvent::JobStatus(JobAvailability::Unknown));
    let actions = core.step(WorkerEvent::Job(Some(job("b"))));
    assert_eq!(names(&actions), ["Cancel", "Renew", "Claim"]);
    core.step(claimed([0]));
    assert!(core.step(succeeded(0)).is_empty());
    let of_present_job = WorkerEvent::Attempted {
        job: job("b"),
        claim: claim(0, 1),
        outcome: success(),
        took: LONG,
    };
    assert_eq!(names(&core.step(of_present_job)), ["Commit"]);
}

#[test]
fn no_event_without_a_job_leads_to_an_action() {
    let mut core = Core::new(LIMITS);
    core.step(WorkerEvent::Started);
    let renewals = vec![(claim(0, 1).task, Renewal::Lost)];
    let job = job("a");
    for event in [
        claimed([0]),
        WorkerEvent::Beat,
        WorkerEvent::JobStatus(JobAvailability::Over),
        WorkerEvent::Renewed { job, renewals },
        succeeded(0),
    ] {
        assert_eq!(names(&core.step(event)), [""; 0]);
    }
}

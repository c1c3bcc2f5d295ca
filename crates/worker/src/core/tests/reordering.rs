//! Events in any order.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;
use store::{Backup, CommitReply, JobAvailability, Renewal, StoreError};

use super::fixture::{LIMITS, LONG, backup, claim, job, lost_run, success};
use crate::core::{
    AttemptOutcome, Core, FailureKind, MasterAbsence, WorkerAction, WorkerEvent, WorkerLimits,
};

fn any_event() -> impl Strategy<Value = WorkerEvent> {
    prop_oneof![any_search_reply(), any_task_event(), any_signal()]
}

fn any_search_reply() -> impl Strategy<Value = WorkerEvent> {
    let any_claim = (0u32..4, 1u32..6).prop_map(|(index, delivery)| claim(index, delivery));
    let claims = proptest::collection::vec(any_claim.clone(), 0..3);
    let backup = prop_oneof![
        Just(Backup::None),
        Just(Backup::Due(LONG)),
        any_claim.prop_map(backup),
    ];
    let status = prop_oneof![
        Just(JobAvailability::Needed),
        Just(JobAvailability::Unwatched),
        Just(JobAvailability::Over),
        Just(JobAvailability::Unknown)
    ];
    prop_oneof![
        prop_oneof![Just("a"), Just("b")].prop_map(|id| WorkerEvent::Job(Some(job(id)))),
        Just(WorkerEvent::Job(None)),
        claims.clone().prop_map(WorkerEvent::Claimed),
        claims.clone().prop_map(WorkerEvent::Held),
        claims.prop_map(WorkerEvent::Reclaimed),
        backup.prop_map(WorkerEvent::Backup),
        status.prop_map(WorkerEvent::JobStatus),
        Just(WorkerEvent::IdleTimeout(MasterAbsence::Short)),
        Just(WorkerEvent::IdleTimeout(MasterAbsence::Abandoned)),
        Just(WorkerEvent::ClaimFailed(StoreError::Unavailable {
            detail: "x".into()
        })),
    ]
}

fn any_outcome() -> impl Strategy<Value = AttemptOutcome> {
    let failed = |kind| {
        let reason = "r".into();
        AttemptOutcome::Failed { reason, kind }
    };
    prop_oneof![
        Just(success()),
        Just(AttemptOutcome::Cancelled),
        Just(AttemptOutcome::NotReady),
        Just(AttemptOutcome::RunsLost(vec![lost_run()])),
        Just(failed(FailureKind::Transient)),
        Just(failed(FailureKind::Permanent)),
    ]
}

fn any_task_event() -> impl Strategy<Value = WorkerEvent> {
    let any_claim = (0u32..4, 1u32..6).prop_map(|(index, delivery)| claim(index, delivery));
    let any_job = prop_oneof![Just("a"), Just("b")].prop_map(job);
    let reply = prop_oneof![
        Just(CommitReply::Committed),
        Just(CommitReply::Duplicate),
        Just(CommitReply::NoPlan),
        Just(CommitReply::Mismatch),
        Just(CommitReply::Refused("no".into())),
    ];
    let took = prop_oneof![Just(Duration::ZERO), Just(LONG)];
    let renewal = prop_oneof![Just(Renewal::Renewed), Just(Renewal::Lost)];
    let claim_of_job = (any_job, any_claim);
    prop_oneof![
        (claim_of_job.clone(), any_outcome(), took).prop_map(|((job, claim), outcome, took)| {
            WorkerEvent::Attempted {
                job,
                claim,
                outcome,
                took,
            }
        }),
        (claim_of_job.clone(), reply).prop_map(|((job, claim), reply)| {
            let task = claim.task;
            WorkerEvent::Committed { job, task, reply }
        }),
        claim_of_job.clone().prop_map(|(job, claim)| {
            let task = claim.task;
            WorkerEvent::Returned { job, task }
        }),
        (claim_of_job, renewal).prop_map(|((job, claim), renewal)| {
            let renewals = vec![(claim.task, renewal)];
            WorkerEvent::Renewed { job, renewals }
        }),
    ]
}

fn any_signal() -> impl Strategy<Value = WorkerEvent> {
    // Signals are rare, or most sequences would soon end.
    prop_oneof![
        40 => Just(WorkerEvent::Beat),
        1 => Just(WorkerEvent::Terminate),
        1 => Just(WorkerEvent::GraceOver),
    ]
}

fn is_search(action: &WorkerAction) -> bool {
    match action {
        WorkerAction::NextJob
        | WorkerAction::AwaitPlan
        | WorkerAction::Claim { .. }
        | WorkerAction::Reclaim { .. }
        | WorkerAction::Backup(_)
        | WorkerAction::JobStatus(_)
        | WorkerAction::Recover(_) => true,
        WorkerAction::Renew { .. }
        | WorkerAction::Attempt { .. }
        | WorkerAction::Cancel { .. }
        | WorkerAction::Commit { .. }
        | WorkerAction::Reopen { .. }
        | WorkerAction::GiveBack { .. }
        | WorkerAction::Leave => false,
    }
}

proptest! {
    /// In any order of events, the core never panics, searches once at a time, and runs no more attempts than it has
    /// slots. It commits only what it attempted, and does nothing once it has left.
    #[test]
    fn invariants_hold_in_any_order_of_events(events in proptest::collection::vec(any_event(), 0..120)) {
        let mut core = Core::new(WorkerLimits { backups: true, ..LIMITS });
        core.step(WorkerEvent::Started);
        let mut attempted = BTreeSet::new();
        let mut left = false;
        for event in events {
            let actions = core.step(event);
            prop_assert!(!left || actions.is_empty());
            prop_assert!(core.running() <= 2);
            let searches = actions.iter().filter(|action| is_search(action)).count();
            prop_assert!(searches <= 1, "{actions:?}");
            for action in actions {
                if let WorkerAction::Attempt { job, claim } = action {
                    attempted.insert((job.job.id.clone(), claim.task.entry));
                } else if let WorkerAction::Commit { job, finished, .. } = action {
                    let task = (job.job.id.clone(), finished.commit.task.entry.clone());
                    prop_assert!(attempted.contains(&task));
                } else if matches!(action, WorkerAction::Leave) {
                    left = true;
                }
            }
        }
    }
}

//! Jobs, claims and events for the tests of the core.

use std::sync::Arc;
use std::time::Duration;

use mapreduce_core::{Aggregate, Counters, JobId, JobSpec, Pairs, PlanHash, TaskIndex, WorkerName};
use store::{Backup, Claim, CommitReply, JobRef, Renewal, TaskRef};

use crate::core::{
    AttemptOutcome, AttemptOutput, Core, JoinedJob, LostRun, SharedJob, WorkerAction, WorkerEvent,
    WorkerLimits,
};

/// Duration of an attempt that is not brief.
pub(super) const LONG: Duration = Duration::from_secs(1);

/// Limits of a worker with two slots and four attempts per task, without backup attempts.
pub(super) const LIMITS: WorkerLimits = WorkerLimits {
    slots: 2,
    max_attempts: 4,
    backups: false,
};

/// Number of map tasks of every job here.
const MAPS: u32 = 9;

pub(super) fn job(id: &str) -> SharedJob {
    let spec = JobSpec {
        aggregate: Aggregate::Live,
        ..JobSpec::word_count(0)
    };
    let job = JobRef {
        id: JobId::new(id).unwrap(),
        plan: PlanHash(1),
    };
    let maps = MAPS;
    Arc::new(JoinedJob { job, spec, maps })
}

pub(crate) fn claim(index: u32, deliveries: u32) -> Claim {
    let task = TaskRef {
        index: TaskIndex(index),
        entry: format!("1-{}", index + 1),
    };
    Claim {
        task,
        payload: Ok(Arc::new(mapreduce_core::Task::Reduce(index))),
        deliveries,
        repeated: deliveries > 1,
    }
}

/// First deliveries of these tasks, as the reply to a claim.
pub(super) fn claimed(indexes: impl IntoIterator<Item = u32>) -> WorkerEvent {
    let claims = indexes.into_iter().map(|index| claim(index, 1));
    WorkerEvent::Claimed(claims.collect())
}

pub(super) fn success() -> AttemptOutcome {
    AttemptOutcome::Succeeded {
        output: AttemptOutput::Counts(Arc::new(Pairs::default())),
        counters: Counters::default(),
        bad_records: None,
    }
}

/// The run of task 3.
pub(super) fn lost_run() -> LostRun {
    LostRun {
        task: TaskIndex(3),
        attempt: "x".into(),
        reason: "gone".into(),
    }
}

/// The end of an attempt of job `a`.
pub(super) fn attempted(claim: Claim, outcome: AttemptOutcome, took: Duration) -> WorkerEvent {
    WorkerEvent::Attempted {
        job: job("a"),
        claim,
        outcome,
        took,
    }
}

/// The success of a first attempt of job `a` that took long.
pub(super) fn succeeded(index: u32) -> WorkerEvent {
    attempted(claim(index, 1), success(), LONG)
}

/// The success of a first attempt of job `a` that was brief.
pub(super) fn succeeded_briefly(index: u32) -> WorkerEvent {
    attempted(claim(index, 1), success(), Duration::ZERO)
}

/// The reply to a commit of job `a`.
pub(super) fn committed(index: u32, reply: CommitReply) -> WorkerEvent {
    WorkerEvent::Committed {
        job: job("a"),
        task: claim(index, 1).task,
        reply,
    }
}

/// The reply to the return of a task of job `a`.
pub(super) fn returned(index: u32) -> WorkerEvent {
    WorkerEvent::Returned {
        job: job("a"),
        task: claim(index, 1).task,
    }
}

/// The reply to a renewal of leases of job `a`.
pub(super) fn renewed(renewals: impl IntoIterator<Item = (u32, Renewal)>) -> WorkerEvent {
    let renewals = renewals.into_iter();
    WorkerEvent::Renewed {
        job: job("a"),
        renewals: renewals
            .map(|(index, renewal)| (claim(index, 1).task, renewal))
            .collect(),
    }
}

/// A backup attempt at a task that worker `slow` holds.
pub(super) fn backup(claim: Claim) -> Backup {
    Backup::Claimed {
        claim,
        holder: WorkerName::new("slow"),
        held: LONG,
    }
}

/// A worker that has joined job `a`, with [`LIMITS`].
pub(super) fn joined() -> Core {
    joined_with(LIMITS)
}

pub(super) fn joined_with(limits: WorkerLimits) -> Core {
    let mut core = Core::new(limits);
    assert!(matches!(
        core.step(WorkerEvent::Started)[..],
        [WorkerAction::NextJob]
    ));
    let actions = core.step(WorkerEvent::Job(Some(job("a"))));
    let [
        WorkerAction::Renew { tasks, .. },
        WorkerAction::Claim {
            count: 2,
            wait: None,
            ..
        },
    ] = &actions[..]
    else {
        panic!("{actions:?}");
    };
    assert!(tasks.is_empty(), "joining announces the worker");
    core.step(renewed([]));
    core
}

/// A worker of job `a` whose claim and reclaim found nothing, so that it queries the job's status.
pub(super) fn without_work() -> Core {
    let mut core = joined();
    assert_eq!(names(&core.step(claimed([]))), ["Reclaim"]);
    assert_eq!(
        names(&core.step(WorkerEvent::Reclaimed(vec![]))),
        ["JobStatus"]
    );
    core
}

/// Returns the name of each action.
pub(super) fn names(actions: &[WorkerAction]) -> Vec<String> {
    let name = |action| {
        format!("{action:?}")
            .split(['(', ' '])
            .next()
            .unwrap_or_default()
            .to_owned()
    };
    actions.iter().map(name).collect()
}

//! Reports about a job without progress, and its end.

use std::time::Duration;

use mapreduce_core::TaskIndex;
use store::{Health, HeldTask, JobState, JobStatus, StoreProblem};

use super::fixtures::{id, status, watching};
use crate::core::{Action, Event, Notice, Reconciler, StallDiagnosis, in_one_line};

/// A reconciler that observes its job once a second. The test sets the replies of the store.
struct Watch {
    reconciler: Reconciler,
    second: u64,
}

impl Watch {
    fn new() -> Self {
        let reconciler = watching();
        Self {
            reconciler,
            second: 0,
        }
    }

    /// One second later, the store reports this status and health. Returns the actions.
    fn look(&mut self, status: &JobStatus, health: &Health) -> Vec<Action> {
        self.second += 1;
        let now = Duration::from_secs(self.second);
        let actions = self
            .reconciler
            .step(Event::Status(Some(Box::new(status.clone())), now));
        match &actions[..] {
            [Action::Examine(of)] => {
                assert_eq!(*of, id("fresh"));
                self.reconciler
                    .step(Event::Examined(Box::new(health.clone())))
            }
            _ => actions,
        }
    }

    /// Repeats the status and health up to `second`. Returns the reports with their times.
    fn reports(&mut self, second: u64, status: &JobStatus, health: &Health) -> Vec<(u64, String)> {
        let mut all = Vec::new();
        while self.second < second {
            let actions = self.look(status, health);
            match &actions[..] {
                [Action::Watch(..)] => {}
                [
                    Action::Notify(Notice::Stalled(idle, diagnoses)),
                    Action::Watch(..),
                ] => {
                    assert!(idle.as_secs() <= self.second);
                    all.push((self.second, in_one_line(diagnoses)));
                }
                _ => panic!("{} s: {actions:?}", self.second),
            }
        }
        all
    }

    /// Repeats the status and health up to `second`, at which the job must end. Returns the reason.
    fn end(&mut self, second: u64, status: &JobStatus, health: &Health) -> String {
        while self.second < second - 1 {
            let actions = self.look(status, health);
            let [.., Action::Watch(..)] = &actions[..] else {
                panic!("{} s: {actions:?}", self.second);
            };
        }
        let actions = self.look(status, health);
        let [Action::Abandon(_, reason)] = &actions[..] else {
            panic!("{actions:?}");
        };
        reason.clone()
    }
}

/// Returns the status of a job without workers.
fn without_workers() -> JobStatus {
    JobStatus {
        workers: 0,
        pending: 0,
        waiting: 3,
        ..status(JobState::Map, 0)
    }
}

fn held(worker: &str, idle: u64) -> HeldTask {
    HeldTask {
        index: TaskIndex(2),
        entry: "1-3".into(),
        worker: worker.into(),
        idle: Duration::from_secs(idle),
        deliveries: 2,
    }
}

fn holding(worker: &str, idle: u64) -> Health {
    Health {
        held: vec![held(worker, idle)],
        ..Health::default()
    }
}

fn check(reports: &[(u64, String)], at: &[u64], parts: &[&str]) {
    let when: Vec<_> = reports.iter().map(|(second, _)| *second).collect();
    assert_eq!(when, at, "{reports:?}");
    for (_, diagnosis) in reports {
        for part in parts {
            assert!(diagnosis.contains(part), "{part} is not in: {diagnosis}");
        }
    }
}

#[test]
fn a_silent_job_is_reported_and_then_ended() {
    let mut watch = Watch::new();
    let healthy = Health::default();
    // It is reported once, not at every turn.
    let reports = watch.reports(30, &without_workers(), &healthy);
    check(&reports, &[20], &["no worker has joined", "redis.url"]);
    // A heartbeat is a sign of life.
    let beaten = JobStatus {
        beats: 1,
        ..without_workers()
    };
    let reason = watch.end(31 + 60, &beaten, &healthy);
    for part in [
        "no heartbeat and no completed task for 60 s",
        "no worker",
        "job.stall_timeout",
    ] {
        assert!(reason.contains(part), "{reason}");
    }
}

#[test]
fn time_in_which_the_master_could_not_look_does_not_count_as_silence() {
    let mut watch = Watch::new();
    let healthy = Health::default();
    watch.reports(30, &without_workers(), &healthy);
    // The store was unreachable, or this process was suspended. Five seconds of that count, and the 30 before.
    watch.second += 600;
    let reason = watch.end(631 + 60 - 30 - 5, &without_workers(), &healthy);
    assert!(
        reason.contains("no heartbeat and no completed task for 60 s"),
        "{reason}"
    );
}

#[test]
fn renewed_leases_keep_a_job_alive_and_are_reported_at_growing_intervals() {
    let mut watch = Watch::new();
    let health = holding("w1", 3);
    let mut reports = Vec::new();
    for second in 1..=3600 {
        let busy = JobStatus {
            beats: second,
            ..status(JobState::Map, 0)
        };
        reports.extend(watch.reports(second, &busy, &health));
    }
    let at = [
        20, 40, 80, 160, 320, 640, 960, 1280, 1600, 1920, 2240, 2560, 2880, 3200, 3520,
    ];
    check(
        &reports,
        &at,
        &["normal for long tasks", "task 2", "w1", "claimed 2 times"],
    );
    assert!(reports[1].1.contains("for at least 20 s"), "{reports:?}");
    assert!(reports[14].1.contains("for at least 3500 s"), "{reports:?}");
}

#[test]
fn only_workers_that_renew_their_leases_are_harmless() {
    let mut watch = Watch::new();
    for second in 1..20 {
        watch.reports(second, &status(JobState::Map, 0), &holding("w", 1));
    }
    let actions = watch.look(&status(JobState::Map, 0), &holding("w", 1));
    let [Action::Notify(Notice::Stalled(_, diagnoses)), _] = &actions[..] else {
        panic!("{actions:?}");
    };
    assert!(diagnoses.iter().all(StallDiagnosis::is_harmless));
    assert!(
        !StallDiagnosis::NoWorkers.is_harmless()
            && !StallDiagnosis::SilentWorkers(Vec::new()).is_harmless()
    );
}

#[test]
fn a_new_diagnosis_is_reported_at_once() {
    let mut watch = Watch::new();
    let busy = status(JobState::Map, 0);
    let reports = watch.reports(59, &busy, &holding("w1", 3));
    check(&reports, &[20, 40], &["are still running tasks"]);
    let full = Health {
        problems: vec![StoreProblem::OutOfMemory {
            used: 11,
            limit: 10,
        }],
        ..holding("w1", 3)
    };
    let beaten = JobStatus { beats: 1, ..busy };
    let reports = watch.reports(79, &beaten, &full);
    check(
        &reports,
        &[60],
        &["raise maxmemory", "are still running tasks"],
    );
    let reports = watch.reports(100, &beaten, &holding("w1", 3));
    check(&reports, &[80, 100], &["are still running tasks"]);
}

#[test]
fn silent_workers_are_reported_before_they_count_as_gone() {
    let mut watch = Watch::new();
    let busy = status(JobState::Map, 0);
    let reports = watch.reports(20, &busy, &holding("w1", 20));
    check(
        &reports,
        &[20],
        &["send no heartbeats", "w1", "renewed 20 s ago"],
    );
    let gone = JobStatus { workers: 0, ..busy };
    let reports = watch.reports(40, &gone, &holding("w1", 40));
    check(&reports, &[40], &["all workers are gone"]);
}

#[test]
fn workers_that_left_after_a_task_are_reported_as_gone() {
    let mut watch = Watch::new();
    let left = JobStatus {
        done: 1,
        ..without_workers()
    };
    let reports = watch.reports(21, &left, &Health::default());
    check(&reports, &[21], &["all workers are gone"]);
}

#[test]
fn tasks_that_no_worker_claims_are_reported() {
    let mut watch = Watch::new();
    let untaken = JobStatus {
        workers: 2,
        ..without_workers()
    };
    let reports = watch.reports(30, &untaken, &Health::default());
    check(&reports, &[20], &["2 workers", "3 tasks", "another job"]);
}

#[test]
fn progress_ends_a_stall() {
    let mut watch = Watch::new();
    let healthy = Health::default();
    check(&watch.reports(25, &without_workers(), &healthy), &[20], &[]);
    // The clock restarts with every task that is done, failed or planned.
    let mut now = without_workers();
    now.done = 1;
    check(&watch.reports(45, &now, &healthy), &[], &[]);
    now.failed = 1;
    check(&watch.reports(65, &now, &healthy), &[], &[]);
    now.planned += 1;
    check(&watch.reports(86, &now, &healthy), &[86], &[]);
}

/// Returns the health of a store in which workers handed tasks back `times` times and hold none.
fn handed_back(times: u64) -> Health {
    let mut task = held("w1", 0);
    task.entry = format!("{times}-3");
    Health {
        held: vec![task],
        generation: times,
        ..Health::default()
    }
}

#[test]
fn tasks_that_are_only_handed_back_are_reported_and_then_end_the_job() {
    let mut watch = Watch::new();
    let mut reports = Vec::new();
    // A worker that claims a task renews its lease first. Such renewals are not signs of life.
    let turning = |beats| JobStatus {
        beats,
        ..status(JobState::Map, 0)
    };
    for second in 1..80 {
        reports.extend(watch.reports(second, &turning(second), &handed_back(5 * second)));
    }
    check(
        &reports[1..],
        &[40, 60],
        &["returned tasks unfinished 100 times within 20 s", "logs"],
    );
    let reason = watch.end(80, &turning(80), &handed_back(400));
    for part in [
        "returned all tasks unfinished for 60 s",
        "job.stall_timeout",
    ] {
        assert!(reason.contains(part), "{reason}");
    }
}

#[test]
fn a_task_that_a_worker_keeps_outlives_tasks_that_are_handed_back() {
    let mut watch = Watch::new();
    for second in 1..=1000 {
        let busy = JobStatus {
            beats: second,
            ..status(JobState::Map, 0)
        };
        let mut health = handed_back(5 * second);
        health.held.insert(0, held("patient", 1));
        watch.reports(second, &busy, &health);
    }
}

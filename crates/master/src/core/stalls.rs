//! What is told, and done, when nothing gets done.

use std::time::Duration;

use mapreduce::TaskIndex;
use store::{Health, HeldTask, JobState, JobStatus, StoreTrouble};

use super::tests::{id, status, watching};
use super::*;

/// A master that looks at its job once a second, with a store that answers what a test says.
struct Watch {
    core: Core,
    second: u64,
}

impl Watch {
    fn new() -> Self {
        let core = watching();
        Self { core, second: 0 }
    }

    /// The job stands like this one second later.
    fn look(&mut self, status: &JobStatus, health: &Health) -> Vec<Action> {
        self.second += 1;
        let now = Duration::from_secs(self.second);
        let actions = self
            .core
            .step(Event::Status(Some(Box::new(status.clone())), now));
        match &actions[..] {
            [Action::Examine(of)] => {
                assert_eq!(*of, id("fresh"));
                self.core.step(Event::Examined(Box::new(health.clone())))
            }
            _ => actions,
        }
    }

    /// Stands like this up to `second`: what is told, and when.
    fn told(&mut self, second: u64, status: &JobStatus, health: &Health) -> Vec<(u64, String)> {
        let mut all = Vec::new();
        while self.second < second {
            let actions = self.look(status, health);
            match &actions[..] {
                [Action::Watch(..)] => {}
                [
                    Action::Say(Notice::Stalled(idle, causes)),
                    Action::Watch(..),
                ] => {
                    assert!(idle.as_secs() <= self.second);
                    all.push((self.second, cause::told(causes)));
                }
                _ => panic!("{} s: {actions:?}", self.second),
            }
        }
        all
    }

    /// Stands like this up to its end, which comes at `second`; with this reason.
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

/// A job that nobody works on.
fn deserted() -> JobStatus {
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

fn check(told: &[(u64, String)], at: &[u64], says: &[&str]) {
    let when: Vec<_> = told.iter().map(|(second, _)| *second).collect();
    assert_eq!(when, at, "{told:?}");
    for (_, cause) in told {
        for part in says {
            assert!(cause.contains(part), "{part} is not in: {cause}");
        }
    }
}

#[test]
fn silence_is_named_and_then_ends_the_job() {
    let mut watch = Watch::new();
    let well = Health::default();
    // Not at every turn.
    let told = watch.told(30, &deserted(), &well);
    check(&told, &[20], &["no worker has joined", "redis.url"]);
    // A heartbeat is a sign of life.
    let beaten = JobStatus {
        beats: 1,
        ..deserted()
    };
    let reason = watch.end(31 + 60, &beaten, &well);
    for part in ["no sign of life for 60 s", "no worker", "job.stall_timeout"] {
        assert!(reason.contains(part), "{reason}");
    }
}

#[test]
fn time_in_which_nobody_could_look_is_no_silence() {
    let mut watch = Watch::new();
    let well = Health::default();
    watch.told(30, &deserted(), &well);
    // The store was away, or this process stood still: five seconds of that count, and 30 before.
    watch.second += 600;
    let reason = watch.end(631 + 60 - 30 - 5, &deserted(), &well);
    assert!(reason.contains("no sign of life for 60 s"), "{reason}");
}

#[test]
fn leases_that_are_renewed_keep_a_job_alive_and_are_told_of_ever_more_rarely() {
    let mut watch = Watch::new();
    let health = holding("w1", 3);
    let mut told = Vec::new();
    for second in 1..=3600 {
        let busy = JobStatus {
            beats: second,
            ..status(JobState::Map, 0)
        };
        told.extend(watch.told(second, &busy, &health));
    }
    let at = [
        20, 40, 80, 160, 320, 640, 960, 1280, 1600, 1920, 2240, 2560, 2880, 3200, 3520,
    ];
    check(
        &told,
        &at,
        &["long tasks are no fault", "task 2", "w1", "2 times"],
    );
    assert!(told[1].1.contains("for 20 s or more"), "{told:?}");
    assert!(told[14].1.contains("for 3500 s or more"), "{told:?}");
}

#[test]
fn patience_is_no_warning_and_all_else_is_one() {
    let mut watch = Watch::new();
    for second in 1..20 {
        watch.told(second, &status(JobState::Map, 0), &holding("w", 1));
    }
    let actions = watch.look(&status(JobState::Map, 0), &holding("w", 1));
    let [Action::Say(Notice::Stalled(_, causes)), _] = &actions[..] else {
        panic!("{actions:?}");
    };
    assert!(causes.iter().all(Cause::is_patience));
    assert!(!Cause::NoWorkers.is_patience() && !Cause::Silent(Vec::new()).is_patience());
}

#[test]
fn a_new_cause_is_told_at_once_and_not_with_the_pause_of_the_one_before() {
    let mut watch = Watch::new();
    let busy = status(JobState::Map, 0);
    let told = watch.told(59, &busy, &holding("w1", 3));
    check(&told, &[20, 40], &["commit nothing yet"]);
    let full = Health {
        troubles: vec![StoreTrouble::OutOfMemory {
            used: 11,
            limit: 10,
        }],
        ..holding("w1", 3)
    };
    let beaten = JobStatus { beats: 1, ..busy };
    let told = watch.told(79, &beaten, &full);
    check(&told, &[60], &["raise maxmemory", "commit nothing yet"]);
    let told = watch.told(100, &beaten, &holding("w1", 3));
    check(&told, &[80, 100], &["commit nothing yet"]);
}

#[test]
fn workers_that_hold_tasks_and_are_not_heard_of_are_named_before_they_count_as_gone() {
    let mut watch = Watch::new();
    let busy = status(JobState::Map, 0);
    let told = watch.told(20, &busy, &holding("w1", 20));
    check(&told, &[20], &["not heard of", "w1", "renewed 20 s ago"]);
    let gone = JobStatus { workers: 0, ..busy };
    let told = watch.told(40, &gone, &holding("w1", 40));
    check(&told, &[40], &["all workers are gone"]);
}

#[test]
fn workers_that_have_done_something_and_left_are_gone_and_have_joined() {
    let mut watch = Watch::new();
    let left = JobStatus {
        done: 1,
        ..deserted()
    };
    let told = watch.told(21, &left, &Health::default());
    check(&told, &[21], &["all workers are gone"]);
}

#[test]
fn tasks_that_nobody_takes_are_named() {
    let mut watch = Watch::new();
    let untaken = JobStatus {
        workers: 2,
        ..deserted()
    };
    let told = watch.told(30, &untaken, &Health::default());
    check(&told, &[20], &["2 workers", "3 tasks", "another job"]);
}

#[test]
fn progress_ends_a_stall() {
    let mut watch = Watch::new();
    let well = Health::default();
    check(&watch.told(25, &deserted(), &well), &[20], &[]);
    // The clock starts anew with every task that is done, failed or planned.
    let mut now = deserted();
    now.done = 1;
    check(&watch.told(45, &now, &well), &[], &[]);
    now.failed = 1;
    check(&watch.told(65, &now, &well), &[], &[]);
    now.planned += 1;
    check(&watch.told(86, &now, &well), &[86], &[]);
}

/// A store in which tasks went from hand to hand `times` times; nobody keeps one.
fn handed(times: u64) -> Health {
    let mut task = held("w1", 0);
    task.entry = format!("{times}-3");
    Health {
        held: vec![task],
        generation: times,
        ..Health::default()
    }
}

#[test]
fn tasks_that_go_from_hand_to_hand_are_named_and_then_end_the_job() {
    let mut watch = Watch::new();
    let mut told = Vec::new();
    // Whoever claims them again renews them first: these are no signs of life.
    let turning = |beats| JobStatus {
        beats,
        ..status(JobState::Map, 0)
    };
    for second in 1..80 {
        told.extend(watch.told(second, &turning(second), &handed(5 * second)));
    }
    check(
        &told[1..],
        &[40, 60],
        &["handed back undone 100 times within 20 s", "logs"],
    );
    let reason = watch.end(80, &turning(80), &handed(400));
    for part in ["from hand to hand for 60 s", "job.stall_timeout"] {
        assert!(reason.contains(part), "{reason}");
    }
}

#[test]
fn a_task_that_somebody_keeps_outlives_others_that_are_handed_back() {
    let mut watch = Watch::new();
    for second in 1..=1000 {
        let busy = JobStatus {
            beats: second,
            ..status(JobState::Map, 0)
        };
        let mut health = handed(5 * second);
        health.held.insert(0, held("patient", 1));
        watch.told(second, &busy, &health);
    }
}

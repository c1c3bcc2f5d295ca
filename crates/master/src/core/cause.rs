//! Why nothing gets done, as far as the store can tell.

use std::fmt;
use std::mem::discriminant;
use std::time::Duration;

use mapreduce::TaskIndex;
use store::StoreTrouble;

/// One reason why no task is completed. Shown as a sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Something is wrong with the store.
    Store(StoreTrouble),
    /// Nobody has come.
    NoWorkers,
    /// Whoever came is gone.
    WorkersGone,
    /// Workers are there, tasks wait, and nobody takes them.
    Untaken {
        /// Workers heard of lately.
        workers: u32,
        /// Tasks that wait.
        waiting: u32,
    },
    /// Tasks come back undone, again and again, without a reason that counts as a failure.
    HandedBack {
        /// How often.
        times: u64,
        /// Within which time.
        within: Duration,
    },
    /// Workers hold tasks and are not heard of.
    Silent(Vec<Holding>),
    /// Workers are at work, or so they say.
    Working(Vec<Holding>),
}

/// A task that a worker holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holding {
    /// The task.
    pub index: TaskIndex,
    /// Who holds it.
    pub worker: String,
    /// For how long at least.
    pub since: Duration,
    /// Time since the lease was renewed.
    pub idle: Duration,
    /// How often this entry of the task was delivered.
    pub deliveries: u32,
}

impl Cause {
    /// Whether it is the same but for its figures.
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Store(one), Self::Store(other)) => discriminant(one) == discriminant(other),
            _ => discriminant(self) == discriminant(other),
        }
    }

    /// Whether nothing is wrong, as far as one can tell: tasks may take long.
    pub fn is_patience(&self) -> bool {
        matches!(self, Self::Working(_))
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(trouble) => trouble.fmt(f),
            Self::NoWorkers => f.write_str(
                "no worker has joined; start one, and check that it reaches the same redis.url",
            ),
            Self::WorkersGone => f.write_str(
                "all workers are gone; start one, its predecessors' tasks are taken over",
            ),
            Self::Untaken { workers, waiting } => write!(
                f,
                "{workers} workers were there within the last minute and nobody takes one of {waiting} tasks that wait; \
                 they may be busy with another job, or gone: look into their logs"
            ),
            Self::HandedBack { times, within } => write!(
                f,
                "tasks were handed back undone {times} times within {} s; look into the workers' logs: they cannot reach \
                 what they need, or are stopped and started all the time",
                within.as_secs()
            ),
            Self::Silent(held) => {
                f.write_str("workers hold tasks and are not heard of; they are dead, or cut off from redis.url, and \
                    others take over when worker.lease is over: ")?;
                list(f, held)
            }
            Self::Working(held) => {
                f.write_str("workers are there but commit nothing yet; long tasks are no fault, otherwise look into \
                    their logs: ")?;
                list(f, held)
            }
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, held: &[Holding]) -> fmt::Result {
    for (at, holding) in held.iter().enumerate() {
        let between = if at > 0 { ", " } else { "" };
        let Holding {
            index,
            worker,
            since,
            idle,
            deliveries,
        } = holding;
        write!(f, "{between}task {index} is held by {worker}")?;
        match since.as_secs() {
            0 => {}
            seconds => write!(f, " for {seconds} s or more")?,
        }
        write!(f, " (renewed {} s ago", idle.as_secs())?;
        match deliveries {
            0 | 1 => write!(f, ")")?,
            more => write!(f, ", handed out {more} times)")?,
        }
    }
    Ok(())
}

/// All of `causes` in one line.
pub(super) fn told(causes: &[Cause]) -> String {
    let causes: Vec<_> = causes.iter().map(Cause::to_string).collect();
    causes.join("; and ")
}

//! Diagnosis of a stall: the possible reasons why no task completes, based on the state of the store.

use std::fmt;
use std::mem::discriminant;
use std::time::Duration;

use mapreduce_core::TaskIndex;
use store::StoreProblem;

/// Reason why no task completes. Its message contains the next step for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StallDiagnosis {
    /// The store reports a problem.
    Store(StoreProblem),
    /// No worker has joined yet.
    NoWorkers,
    /// All workers that joined are gone.
    WorkersGone,
    /// Workers are present and tasks wait, but no worker claims them.
    Unclaimed {
        /// Workers that were seen recently.
        workers: u32,
        /// Waiting tasks.
        waiting: u32,
    },
    /// Workers repeatedly return tasks unfinished, for a reason that does not count as a failure.
    HandedBack {
        /// Number of returned tasks.
        times: u64,
        /// Period in which they returned.
        within: Duration,
    },
    /// Workers hold tasks, but do not renew their leases.
    SilentWorkers(Vec<HeldLease>),
    /// Workers hold tasks and renew their leases.
    Working(Vec<HeldLease>),
}

/// Task that a worker holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldLease {
    /// The task.
    pub index: TaskIndex,
    /// Name of the worker.
    pub worker: String,
    /// Minimum time for which the worker has held the task.
    pub held_for: Duration,
    /// Time since the lease was renewed.
    pub idle: Duration,
    /// Number of deliveries of this entry of the task.
    pub deliveries: u32,
}

impl StallDiagnosis {
    /// Returns `true` if both diagnoses are of the same kind. Their numbers may differ.
    pub fn is_same_kind(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Store(one), Self::Store(other)) => discriminant(one) == discriminant(other),
            _ => discriminant(self) == discriminant(other),
        }
    }

    /// Returns `true` if the job is probably healthy, because its tasks may just be long.
    pub fn is_harmless(&self) -> bool {
        matches!(self, Self::Working(_))
    }
}

impl fmt::Display for StallDiagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(problem) => problem.fmt(f),
            Self::NoWorkers => f.write_str(
                "no worker has joined; start a worker with the same redis.url as the master",
            ),
            Self::WorkersGone => {
                f.write_str("all workers are gone; start a worker to reclaim their tasks")
            }
            Self::Unclaimed { workers, waiting } => write!(
                f,
                "{waiting} tasks wait unclaimed, although {workers} workers were seen in the last minute; they may be busy \
                 with another job, or gone: check their logs"
            ),
            Self::HandedBack { times, within } => write!(
                f,
                "workers returned tasks unfinished {times} times within {} s; check their logs: they may lack access to the \
                 input, or restart repeatedly",
                within.as_secs()
            ),
            Self::SilentWorkers(held) => {
                f.write_str(
                    "workers hold tasks but send no heartbeats: they died or cannot reach redis.url; other workers reclaim \
                     the tasks when worker.lease expires: ",
                )?;
                list(f, held)
            }
            Self::Working(held) => {
                f.write_str(
                    "workers are still running tasks; this is normal for long tasks, otherwise check \
                     the workers' logs: ",
                )?;
                list(f, held)
            }
        }
    }
}

fn list(f: &mut fmt::Formatter<'_>, held: &[HeldLease]) -> fmt::Result {
    for (at, lease) in held.iter().enumerate() {
        let separator = if at > 0 { ", " } else { "" };
        let HeldLease {
            index,
            worker,
            held_for,
            idle,
            deliveries,
        } = lease;
        write!(f, "{separator}task {index} is held by {worker}")?;
        match held_for.as_secs() {
            0 => {}
            seconds => write!(f, " for at least {seconds} s")?,
        }
        write!(f, " (lease renewed {} s ago", idle.as_secs())?;
        match deliveries {
            0 | 1 => write!(f, ")")?,
            more => write!(f, ", claimed {more} times)")?,
        }
    }
    Ok(())
}

/// Joins `diagnoses` in one line.
pub(crate) fn in_one_line(diagnoses: &[StallDiagnosis]) -> String {
    let lines: Vec<_> = diagnoses.iter().map(StallDiagnosis::to_string).collect();
    lines.join("; and ")
}

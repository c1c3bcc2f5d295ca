//! The schedule of a job. The seed decides all of it before the job starts.

use std::fmt;
use std::time::Duration;

use crate::fault::{self, Fault, millis};
use crate::job_kind::{self, JobKind};
use devtools::random::Random;

/// Number of SIGKILLs that must hit a job.
pub(crate) const LEAST_KILLS: u64 = 5;

/// Approximate size of a row of the data in bytes.
const ROW: u64 = 187;

/// A job with all its faults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Schedule {
    pub(crate) kind: JobKind,
    /// Seed of the input.
    pub(crate) data_seed: u64,
    /// Number of rows of the input.
    pub(crate) rows: u64,
    /// Number of input files.
    pub(crate) files: u64,
    /// Split size in bytes that gives about `tasks` map tasks.
    pub(crate) split_size: u64,
    /// Approximate number of map tasks.
    pub(crate) tasks: u64,
    /// Number of reduce tasks.
    pub(crate) reduces: u64,
    /// Slots per worker.
    pub(crate) slots: u32,
    /// Checkpoint interval.
    pub(crate) checkpoint: &'static str,
    /// True if runs are stored in a folder instead of Redis.
    pub(crate) folder_store: bool,
    /// True if Redis keeps an append-only file instead of snapshots.
    pub(crate) append_only: bool,
    /// Crash point of each worker, if it has one.
    pub(crate) crash_points: Vec<Option<&'static str>>,
    /// Faults by time.
    pub(crate) events: Vec<Event>,
}

/// A fault and its time since the start of the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) at: Duration,
    pub(crate) fault: Fault,
}

impl Schedule {
    /// Returns the schedule of job `number` under `seed`.
    pub(crate) fn new(seed: u64, number: u64, workers: u32) -> Self {
        let mut random = Random::new(seed, number);
        let tasks = u64::from(20 + random.below(41));
        let rows = u64::from(1_500 + random.below(3_500));
        Self {
            kind: job_kind::draw(&mut random),
            data_seed: random.bits(),
            rows,
            files: u64::from(1 + random.below(4)),
            split_size: rows * ROW / tasks,
            tasks,
            reduces: u64::from(1 + random.below(5)),
            checkpoint: *random.choose(&["100ms", "300ms", "1s"]),
            folder_store: random.below(4) == 0,
            append_only: random.below(4) == 0,
            crash_points: (0..workers).map(|_| crash_point(&mut random)).collect(),
            events: events(&mut random, workers),
            slots: 1 + random.below(2),
        }
    }

    /// Returns the pause per task that makes the job last until its last fault.
    pub(crate) fn slow(&self) -> Duration {
        let last = self.events.last().map_or(Duration::ZERO, |event| event.at);
        let workers = self.crash_points.len() as u32;
        last * workers * self.slots / self.tasks as u32
    }
}

/// Draws the faults of a job: at least [`LEAST_KILLS`] SIGKILLs, and other faults between them.
fn events(random: &mut Random, workers: u32) -> Vec<Event> {
    let kills = 5 + random.below(8);
    let others = 1 + random.below(5);
    let mut faults: Vec<Fault> = (0..kills).map(|_| fault::kill(random, workers)).collect();
    faults.extend((0..others).map(|_| fault::other(random, workers)));
    let span = 600 + 100 * (kills + others);
    let mut events: Vec<Event> = faults
        .into_iter()
        .map(|fault| moment(random, span, fault))
        .collect();
    events.sort_by_key(|event| event.at);
    events
}

/// Draws the moment of a fault.
///
/// Half of the full disks come at the end and take longer, because the job writes its output at the end.
fn moment(random: &mut Random, span: u32, mut fault: Fault) -> Event {
    let mut at = millis(random, 30, span);
    if let Fault::FullDisk { length } = &mut fault
        && random.below(2) == 0
    {
        at = millis(random, 30 + span, 300);
        *length = millis(random, 1_000, 2_000);
    }
    Event { at, fault }
}

/// Draws a crash point for three in ten workers.
fn crash_point(random: &mut Random) -> Option<&'static str> {
    let point = *random.choose(&["after-claim", "before-commit", "after-commit"]);
    (random.below(10) < 3).then_some(point)
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  {}, {} rows in {} files (seed {}), {} map tasks, {} reduces, {} slots, checkpoint interval {}, runs in {}, Redis with {}",
            self.kind.name,
            self.rows,
            self.files,
            self.data_seed,
            self.tasks,
            self.reduces,
            self.slots,
            self.checkpoint,
            if self.folder_store {
                "a folder"
            } else {
                "Redis"
            },
            if self.append_only {
                "an append-only file"
            } else {
                "snapshots"
            },
        )?;
        for (index, point) in self.crash_points.iter().enumerate() {
            if let Some(point) = point {
                writeln!(f, "  worker-{index} may crash at {point}")?;
            }
        }
        for event in &self.events {
            let at = event.at.as_secs_f64();
            writeln!(f, "  {at:5.2} s {}: {:?}", event.fault.kind(), event.fault)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn the_schedule_depends_only_on_the_seed_and_the_number() {
        assert_eq!(Schedule::new(1, 2, 3), Schedule::new(1, 2, 3));
        assert_ne!(Schedule::new(1, 2, 3), Schedule::new(1, 3, 3));
        assert_ne!(Schedule::new(1, 2, 3), Schedule::new(2, 2, 3));
    }

    #[test]
    fn a_job_lasts_until_its_last_fault() {
        for number in 0..200 {
            let schedule = Schedule::new(1, number, 3);
            let kills = schedule.events.iter().filter(|e| e.fault.is_kill()).count();
            assert!((5..=12).contains(&kills), "{kills}");
            let last = schedule.events.last().unwrap().at;
            let slots = 3 * schedule.slots;
            let least = schedule.slow() * schedule.tasks as u32 / slots;
            assert!(least + Duration::from_millis(1) >= last);
        }
    }

    #[test]
    fn some_disks_are_full_at_the_end_of_the_job() {
        let last = |number| Schedule::new(1, number, 3).events.pop();
        let late = (0..200).filter_map(last);
        let late = late.filter(|last| matches!(last.fault, Fault::FullDisk { .. }));
        assert!(late.count() >= 10);
    }

    #[test]
    fn two_hundred_jobs_get_every_kind_of_fault() {
        let mut kinds = BTreeMap::new();
        for number in 0..200 {
            let schedule = Schedule::new(1, number, 3);
            *kinds.entry(schedule.kind.name).or_insert(0) += 1;
            for event in &schedule.events {
                *kinds.entry(event.fault.kind()).or_insert(0) += 1;
            }
            for point in schedule.crash_points.into_iter().flatten() {
                *kinds.entry(point).or_insert(0) += 1;
            }
        }
        // Seventeen kinds of faults, three crash points, and the kinds of jobs.
        assert_eq!(kinds.len(), 17 + 3 + job_kind::KINDS.len(), "{kinds:?}");
        assert!(kinds.values().all(|&count| count >= 10), "{kinds:?}");
    }
}

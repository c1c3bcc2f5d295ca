//! What will happen to one job: decided by the seed alone, before anything starts.

use std::fmt;
use std::time::Duration;

use super::fault::{self, Fault, millis};
use super::mix::{self, Kind};
use crate::rng::Rng;

/// SIGKILLs that must hit a job.
pub(super) const LEAST_KILLS: u64 = 5;

/// Bytes of a row of the data, about.
const ROW: u64 = 187;

/// One job with all its misfortunes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schedule {
    pub(super) kind: Kind,
    /// Seed and rows of the input.
    pub(super) data_seed: u64,
    pub(super) rows: u64,
    pub(super) files: u64,
    /// Bytes, so that there are about `tasks` map tasks.
    pub(super) split_size: u64,
    pub(super) tasks: u64,
    pub(super) reduces: u64,
    /// Of each worker.
    pub(super) slots: u32,
    pub(super) checkpoint: &'static str,
    /// Whether runs go to a folder instead of Redis.
    pub(super) folder_store: bool,
    /// Whether Redis keeps a log of writes.
    pub(super) append_only: bool,
    /// One entry a worker: the point where it may crash by itself, if any.
    pub(super) crash_points: Vec<Option<&'static str>>,
    /// In the order of their moments.
    pub(super) events: Vec<Event>,
}

/// A fault and its moment, counted from the start of the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    pub(super) at: Duration,
    pub(super) fault: Fault,
}

impl Schedule {
    /// The schedule of job `number` under `seed`.
    pub(super) fn new(seed: u64, number: u64, workers: u32) -> Self {
        let mut rng = Rng::new(seed, number);
        let tasks = u64::from(20 + rng.below(41));
        let rows = u64::from(1_500 + rng.below(3_500));
        Self {
            kind: mix::draw(&mut rng),
            data_seed: rng.next(),
            rows,
            files: u64::from(1 + rng.below(4)),
            split_size: rows * ROW / tasks,
            tasks,
            reduces: u64::from(1 + rng.below(5)),
            checkpoint: pick(&["100ms", "300ms", "1s"], &mut rng),
            folder_store: rng.below(4) == 0,
            append_only: rng.below(4) == 0,
            crash_points: (0..workers).map(|_| crash_point(&mut rng)).collect(),
            events: events(&mut rng, workers),
            slots: 1 + rng.below(2),
        }
    }

    /// The pause in every task with which a job takes longer than its faults do, even if none of them holds it up.
    pub(super) fn slow(&self) -> Duration {
        let last = self.events.last().map_or(Duration::ZERO, |event| event.at);
        let workers = self.crash_points.len() as u32;
        last * workers * self.slots / self.tasks as u32
    }
}

/// The fault budget: SIGKILLs, one or a few more than must hit, and others among them.
fn events(rng: &mut Rng, workers: u32) -> Vec<Event> {
    let kills = 5 + rng.below(8);
    let others = 1 + rng.below(5);
    let mut faults: Vec<Fault> = (0..kills).map(|_| fault::kill(rng, workers)).collect();
    faults.extend((0..others).map(|_| fault::other(rng, workers)));
    let span = 600 + 100 * (kills + others);
    let mut events: Vec<Event> = faults
        .into_iter()
        .map(|fault| moment(rng, span, fault))
        .collect();
    events.sort_by_key(|event| event.at);
    events
}

/// When a fault comes: at any moment. Every other full disk comes last and for long, since at the end the output is
/// written.
fn moment(rng: &mut Rng, span: u32, mut fault: Fault) -> Event {
    let mut at = millis(rng, 30, span);
    if let Fault::FullDisk { length } = &mut fault
        && rng.below(2) == 0
    {
        at = millis(rng, 30 + span, 300);
        *length = millis(rng, 1_000, 2_000);
    }
    Event { at, fault }
}

/// Three in ten workers crash by themselves now and then.
fn crash_point(rng: &mut Rng) -> Option<&'static str> {
    let point = pick(&["after-claim", "before-commit", "after-commit"], rng);
    (rng.below(10) < 3).then_some(point)
}

fn pick(choices: &[&'static str], rng: &mut Rng) -> &'static str {
    choices[rng.below(choices.len() as u32) as usize]
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  {}, {} rows in {} files (seed {}), {} map tasks, {} reduces, {} slots, checkpoints {}, runs in {}, {}",
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
                "a log of writes"
            } else {
                "snapshots"
            },
        )?;
        for (index, point) in self.crash_points.iter().enumerate() {
            if let Some(point) = point {
                writeln!(f, "  worker-{index} may crash {point}")?;
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
    fn a_seed_and_a_number_name_the_schedule() {
        assert_eq!(Schedule::new(1, 2, 3), Schedule::new(1, 2, 3));
        assert_ne!(Schedule::new(1, 2, 3), Schedule::new(1, 3, 3));
        assert_ne!(Schedule::new(1, 2, 3), Schedule::new(2, 2, 3));
    }

    #[test]
    fn every_job_has_its_kills_before_it_can_end() {
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
    fn some_disks_are_full_when_the_output_is_written() {
        let last = |number| Schedule::new(1, number, 3).events.pop();
        let late = (0..200).filter_map(last);
        let late = late.filter(|last| matches!(last.fault, Fault::FullDisk { .. }));
        assert!(late.count() >= 10);
    }

    #[test]
    fn two_hundred_jobs_suffer_everything() {
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
        // Fifteen faults, three crash points, and the jobs.
        assert_eq!(kinds.len(), 17 + 3 + mix::KINDS.len(), "{kinds:?}");
        assert!(kinds.values().all(|&count| count >= 10), "{kinds:?}");
    }
}

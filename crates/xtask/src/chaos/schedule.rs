//! What will happen to one job: decided by the seed alone, before anything starts.

use std::time::Duration;

use crate::rng::Rng;

/// One job with all its misfortunes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Schedule {
    /// Seed and rows of the input.
    pub(super) data_seed: u64,
    pub(super) rows: u64,
    pub(super) files: u64,
    pub(super) tokenizer: &'static str,
    pub(super) split_size: &'static str,
    pub(super) checkpoint: &'static str,
    /// One entry a worker: the point where it may crash by itself, if any.
    pub(super) crash_points: Vec<Option<&'static str>>,
    pub(super) kills: Vec<Kill>,
}

/// A kill and when it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kill {
    /// Time since the kill before, or since the start of the job.
    pub(super) pause: Duration,
    pub(super) victim: Victim,
    /// How long the victim stays away.
    pub(super) down: Duration,
}

/// Who is killed, always by SIGKILL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Victim {
    Worker(usize),
    Master,
    /// Redis; `empty`: it comes back without its snapshot.
    Redis {
        empty: bool,
    },
}

impl Schedule {
    /// The schedule of job `number` under `seed`.
    pub(super) fn new(seed: u64, number: u64, workers: u32) -> Self {
        let mut rng = Rng::new(seed, number);
        let crash_points = (0..workers).map(|_| crash_point(&mut rng)).collect();
        let kills = (0..5 + rng.below(6))
            .map(|_| kill(&mut rng, workers))
            .collect();
        Self {
            data_seed: rng.next(),
            rows: u64::from(5_000 + rng.below(35_000)),
            files: u64::from(1 + rng.below(4)),
            tokenizer: pick(&["spaces", "words"], &mut rng),
            split_size: pick(&["32KiB", "64KiB", "200KiB"], &mut rng),
            checkpoint: pick(&["100ms", "500ms", "2s"], &mut rng),
            crash_points,
            kills,
        }
    }
}

/// Three in ten workers crash by themselves now and then.
fn crash_point(rng: &mut Rng) -> Option<&'static str> {
    let point = pick(&["after-claim", "before-commit", "after-commit"], rng);
    (rng.below(10) < 3).then_some(point)
}

fn kill(rng: &mut Rng, workers: u32) -> Kill {
    let victim = match rng.below(10) {
        0..5 => Victim::Worker(rng.below(workers) as usize),
        5..7 => Victim::Master,
        7..9 => Victim::Redis { empty: false },
        _ => Victim::Redis { empty: true },
    };
    Kill {
        // Short enough that several hit even a job of a second.
        pause: Duration::from_millis(u64::from(10 + rng.below(240))),
        victim,
        down: Duration::from_millis(u64::from(rng.below(150))),
    }
}

fn pick(choices: &[&'static str], rng: &mut Rng) -> &'static str {
    choices[rng.below(choices.len() as u32) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_and_a_number_name_the_schedule() {
        assert_eq!(Schedule::new(1, 2, 3), Schedule::new(1, 2, 3));
        assert_ne!(Schedule::new(1, 2, 3), Schedule::new(1, 3, 3));
        assert_ne!(Schedule::new(1, 2, 3), Schedule::new(2, 2, 3));
    }

    #[test]
    fn a_hundred_jobs_hit_everyone() {
        let schedules: Vec<Schedule> = (0..100).map(|number| Schedule::new(1, number, 3)).collect();
        assert!(schedules.iter().all(|schedule| schedule.kills.len() >= 5));
        let victims: Vec<Victim> = schedules
            .iter()
            .flat_map(|schedule| &schedule.kills)
            .map(|kill| kill.victim)
            .collect();
        for victim in [
            Victim::Worker(0),
            Victim::Worker(1),
            Victim::Worker(2),
            Victim::Master,
            Victim::Redis { empty: false },
            Victim::Redis { empty: true },
        ] {
            let hits = victims.iter().filter(|&&other| other == victim).count();
            assert!(hits > 30, "{victim:?} is hit {hits} times");
        }
        let crashes = |point| {
            schedules
                .iter()
                .flat_map(|schedule| &schedule.crash_points)
                .filter(|&&at| at == point)
                .count()
        };
        for point in [
            None,
            Some("after-claim"),
            Some("before-commit"),
            Some("after-commit"),
        ] {
            assert!(crashes(point) > 10, "{point:?}");
        }
    }
}

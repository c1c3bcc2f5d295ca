//! What runs took: medians, spreads, ratios.

use std::time::Duration;

use crate::measure::Usage;

/// What one run of one system took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// For a cluster: the wall time of the master, the CPU time of all, the peak of the worker.
    pub(super) usage: Usage,
    /// What only a cluster has.
    pub(super) cluster: Option<Cluster>,
}

/// What the parts of a cluster took beside its worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cluster {
    /// Largest resident set of the master, in bytes.
    pub(super) master_peak: u64,
    /// Largest resident set of `redis-server`, in bytes; `None` where the system does not tell.
    pub(super) redis_peak: Option<u64>,
    /// Time that Redis spent in commands.
    pub(super) redis_time: Duration,
    /// CPU time of Redis: commands, sockets, memory.
    pub(super) redis_cpu: Duration,
}

/// All runs of one program.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) name: String,
    /// The round of each run, and the run; a program may sit out rounds.
    pub(super) runs: Vec<(u32, Run)>,
}

/// The middle of some figures, and the smallest and largest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    pub(super) median: f64,
    pub(super) least: f64,
    pub(super) most: f64,
}

/// The middle value; the lower of two. Zero for no value at all.
pub(super) fn median<T: Copy + PartialOrd + Default>(values: &[T]) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    match sorted.len() {
        0 => T::default(),
        len => sorted[(len - 1) / 2],
    }
}

impl Spread {
    /// `None` for no figure at all.
    pub(super) fn of(figures: &[f64]) -> Option<Self> {
        (!figures.is_empty()).then(|| Self {
            median: median(figures),
            least: figures.iter().copied().fold(f64::INFINITY, f64::min),
            most: figures.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }

    /// Smallest and largest, with `digits` behind the point.
    pub(super) fn range(self, digits: usize) -> String {
        format!("{:.digits$}–{:.digits$}", self.least, self.most)
    }
}

impl Series {
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            runs: Vec::new(),
        }
    }

    /// A figure of every run that has it.
    pub(super) fn spread(&self, figure: impl Fn(&Run) -> Option<f64>) -> Option<Spread> {
        let figures: Vec<f64> = self
            .runs
            .iter()
            .filter_map(|(_, run)| figure(run))
            .collect();
        Spread::of(&figures)
    }

    /// Our wall time divided by that of `base`, round by round: both saw the same moods of the machine.
    pub(super) fn ratio(&self, base: &Self) -> Option<Spread> {
        let other = |round| base.runs.iter().find(|(of, _)| *of == round);
        let ratio = |(round, run): &(u32, Run)| Some(wall(run)? / wall(&other(*round)?.1)?);
        let ratios: Vec<f64> = self.runs.iter().filter_map(ratio).collect();
        Spread::of(&ratios)
    }
}

/// Wall time in seconds.
pub(super) fn wall(run: &Run) -> Option<f64> {
    Some(run.usage.wall.as_secs_f64())
}

/// CPU time in seconds.
pub(super) fn cpu(run: &Run) -> Option<f64> {
    Some(run.usage.cpu.as_secs_f64())
}

/// Peak memory in MB.
pub(super) fn peak(run: &Run) -> Option<f64> {
    Some(megabytes(run.usage.peak))
}

/// Time inside Redis in seconds.
pub(super) fn redis_time(run: &Run) -> Option<f64> {
    Some(run.cluster?.redis_time.as_secs_f64())
}

/// Millions of bytes.
pub(super) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn series(name: &str, walls: &[(u32, u64)]) -> Series {
        let run = |ms| Run {
            usage: Usage {
                wall: Duration::from_millis(ms),
                cpu: Duration::from_millis(2 * ms),
                peak: 300_000_000,
            },
            cluster: None,
        };
        Series {
            name: name.to_owned(),
            runs: walls.iter().map(|&(round, ms)| (round, run(ms))).collect(),
        }
    }

    #[test]
    fn the_median_is_the_middle_and_never_a_mean() {
        assert_eq!(median(&[3, 1, 2]), 2);
        assert_eq!(median(&[4, 1, 2, 3]), 2);
        assert_eq!(median::<u32>(&[]), 0);
    }

    #[test]
    fn ratios_compare_runs_of_one_round() {
        // The second round ran on a machine that was three times slower.
        let one = series("one", &[(0, 100), (1, 300), (2, 120)]);
        let base = series("base", &[(0, 200), (1, 600), (2, 200)]);
        let ratio = one.ratio(&base).unwrap();
        assert_eq!((ratio.median, ratio.range(2).as_str()), (0.5, "0.50–0.60"));
    }

    #[test]
    fn a_program_that_sat_out_a_round_is_compared_in_the_others() {
        let one = series("one", &[(1, 300)]);
        let base = series("base", &[(0, 200), (1, 100)]);
        assert_eq!(one.ratio(&base).unwrap().range(1), "3.0–3.0");
        assert_eq!(one.ratio(&series("none", &[])), None);
    }
}

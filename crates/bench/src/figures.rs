//! Figures of runs: medians, spreads and ratios.

use std::time::Duration;

use crate::measure::Usage;

/// Figures of one run of a system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    /// For a cluster: wall time of the master, CPU time of all processes, peak memory of the worker.
    pub(crate) usage: Usage,
    /// Figures that only a cluster has.
    pub(crate) cluster: Option<Cluster>,
}

/// Figures of the parts of a cluster other than its worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cluster {
    /// Peak resident set of the master in bytes.
    pub(crate) master_peak: u64,
    /// Peak resident set of `redis-server` in bytes, or `None` if the system does not report it.
    pub(crate) redis_peak: Option<u64>,
    /// Time that Redis spent in commands.
    pub(crate) redis_time: Duration,
    /// CPU time of Redis, including sockets and memory.
    pub(crate) redis_cpu: Duration,
}

/// All runs of one program.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) name: String,
    /// Round and figures of each run. A program may skip rounds.
    pub(crate) runs: Vec<(u32, Run)>,
}

/// Median, minimum and maximum of a set of figures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

/// Returns the median, the lower one of two. Returns zero for an empty slice.
pub(crate) fn median<T: Copy + PartialOrd + Default>(values: &[T]) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    match sorted.len() {
        0 => T::default(),
        len => sorted[(len - 1) / 2],
    }
}

impl Spread {
    /// Returns the spread of the figures, or `None` for an empty slice.
    pub(crate) fn of(figures: &[f64]) -> Option<Self> {
        (!figures.is_empty()).then(|| Self {
            median: median(figures),
            min: figures.iter().copied().fold(f64::INFINITY, f64::min),
            max: figures.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }

    /// Minimum and maximum with `digits` decimal places.
    pub(crate) fn range(self, digits: usize) -> String {
        format!("{:.digits$}–{:.digits$}", self.min, self.max)
    }
}

impl Series {
    /// Returns a series without runs.
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            runs: Vec::new(),
        }
    }

    /// Returns the spread of a figure over all runs that have it.
    pub(crate) fn spread(&self, figure: impl Fn(&Run) -> Option<f64>) -> Option<Spread> {
        let figures: Vec<f64> = self
            .runs
            .iter()
            .filter_map(|(_, run)| figure(run))
            .collect();
        Spread::of(&figures)
    }

    /// Returns the wall time divided by that of `base`, round by round.
    ///
    /// The speed of the machine changes between rounds, so only runs of the same round are compared.
    pub(crate) fn ratio(&self, base: &Self) -> Option<Spread> {
        let other = |round| base.runs.iter().find(|(of, _)| *of == round);
        let ratio = |(round, run): &(u32, Run)| Some(wall(run)? / wall(&other(*round)?.1)?);
        let ratios: Vec<f64> = self.runs.iter().filter_map(ratio).collect();
        Spread::of(&ratios)
    }
}

/// Returns the wall time in seconds.
pub(crate) fn wall(run: &Run) -> Option<f64> {
    Some(run.usage.wall.as_secs_f64())
}

/// Returns the CPU time in seconds.
pub(crate) fn cpu(run: &Run) -> Option<f64> {
    Some(run.usage.cpu.as_secs_f64())
}

/// Returns the peak memory in MB.
pub(crate) fn peak(run: &Run) -> Option<f64> {
    Some(megabytes(run.usage.peak))
}

/// Returns the time in Redis commands in seconds.
pub(crate) fn redis_time(run: &Run) -> Option<f64> {
    Some(run.cluster?.redis_time.as_secs_f64())
}

/// Converts bytes to MB.
pub(crate) fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Returns a series of runs with these rounds and wall times in ms.
    pub(crate) fn series(name: &str, walls: &[(u32, u64)]) -> Series {
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
    fn the_median_is_one_of_the_values() {
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
    fn a_program_that_skips_a_round_is_compared_in_the_others() {
        let one = series("one", &[(1, 300)]);
        let base = series("base", &[(0, 200), (1, 100)]);
        assert_eq!(one.ratio(&base).unwrap().range(1), "3.0–3.0");
        assert_eq!(one.ratio(&series("none", &[])), None);
    }
}

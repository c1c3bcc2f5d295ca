//! Medians, spreads and the table of one benchmark.

use std::time::Duration;

use crate::measure::Usage;

/// All runs of one program, in the order of the rounds.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) name: &'static str,
    pub(super) runs: Vec<Usage>,
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

/// One row a program; the ratios compare runs of the same round, for machines are noisy.
pub(super) fn table(series: &[Series]) -> String {
    let mut text = format!(
        "{:<14} {:>8} {:>15} {:>8} {:>9}",
        "system", "wall s", "min–max", "cpu s", "peak MB"
    );
    let baselines: Vec<&Series> = series[..]
        .iter()
        .filter(|other| other.name != series[0].name)
        .collect();
    for base in &baselines {
        text += &format!(" {:>14}", format!("/ {}", base.name));
    }
    text.push('\n');
    for one in series {
        let walls: Vec<f64> = one.runs.iter().map(|run| run.wall.as_secs_f64()).collect();
        let cpus: Vec<Duration> = one.runs.iter().map(|run| run.cpu).collect();
        let peaks: Vec<u64> = one.runs.iter().map(|run| run.peak).collect();
        let least = walls.iter().copied().fold(f64::INFINITY, f64::min);
        let most = walls.iter().copied().fold(0.0, f64::max);
        text += &format!(
            "{:<14} {:>8.2} {:>15} {:>8.2} {:>9.0}",
            one.name,
            median(&walls),
            format!("{least:.2}–{most:.2}"),
            median(&cpus).as_secs_f64(),
            median(&peaks) as f64 / 1e6,
        );
        for base in &baselines {
            text += &format!(" {:>14.2}", ratio(one, base));
        }
        text.push('\n');
    }
    text
}

/// The median over the rounds of `one`'s wall time divided by `base`'s.
pub(super) fn ratio(one: &Series, base: &Series) -> f64 {
    let ratios: Vec<f64> = one
        .runs
        .iter()
        .zip(&base.runs)
        .map(|(a, b)| a.wall.as_secs_f64() / b.wall.as_secs_f64())
        .collect();
    median(&ratios)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(name: &'static str, walls: &[u64]) -> Series {
        let runs = walls
            .iter()
            .map(|&ms| Usage {
                wall: Duration::from_millis(ms),
                cpu: Duration::from_millis(2 * ms),
                peak: 300_000_000,
            })
            .collect();
        Series { name, runs }
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
        let one = series("one", &[100, 300, 110]);
        let base = series("base", &[200, 600, 200]);
        assert!((ratio(&one, &base) - 0.5).abs() < 1e-9);
    }

    #[test]
    fn the_table_has_a_row_a_program() {
        let all = [
            series("ours", &[1000, 1500, 900]),
            series("peer", &[2000, 2000, 2000]),
        ];
        let expected = "\
system           wall s         min–max    cpu s   peak MB         / peer
ours               1.00       0.90–1.50     2.00       300           0.50
peer               2.00       2.00–2.00     4.00       300           1.00
";
        assert_eq!(table(&all), expected);
    }
}

//! Estimate of the bytes that a job writes to the blob store.
//!
//! A sample of the input is counted, and the result is extrapolated by Heaps' law: a text of `n` bytes has about
//! `factor * n ^ exponent` distinct words, and the bytes of their records follow the same law. The sample gives two
//! points of that curve. The curve then gives the sizes for one split and for the whole input.
//!
//! In real text the exponent falls as the text grows, so the law overestimates far beyond the sample: by 50 % for
//! 500 MB of tweets. The law is exact if every word is unique. It fails for an input whose parts have nothing in
//! common with the sample.

use mapreduce_core::{JobSpec, Plan};

/// Maximum bytes of records per byte of input.
///
/// An invalid byte becomes three bytes. A separator between two words is not stored, but a record has two numbers.
const MAX_EXPANSION: f64 = 3.0;
/// Bytes of a run besides its records: the header.
const RUN_OVERHEAD: u64 = 16;
/// Bytes that each partition adds to a run: an entry and the header of a block.
const PARTITION_OVERHEAD: u64 = 32 + 16;
/// Bytes of a partition result besides its records.
const RESULT_OVERHEAD: u64 = RUN_OVERHEAD + PARTITION_OVERHEAD;

/// Growth of the bytes of records with the bytes of input, by Heaps' law.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct HeapsLaw {
    factor: f64,
    exponent: f64,
}

/// Size of some input and of the records that a job made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Observation {
    /// Bytes of input.
    pub(crate) input: u64,
    /// Bytes of records.
    pub(crate) records: u64,
}

/// Splits with the same kind of compression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SplitGroup {
    /// Lengths of the splits, in bytes of their files.
    pub(crate) lens: Vec<u64>,
    /// Growth of their records.
    pub(crate) growth: HeapsLaw,
    /// Upper estimate of the average bytes per record, for results that `output.top` truncates.
    pub(crate) record_len: u64,
}

/// Estimated bytes that a job writes to the blob store.
///
/// All of them are in the store at the same time, until the result is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct StorageEstimate {
    /// Bytes of the runs of map tasks.
    pub(crate) runs: u64,
    /// Bytes of the partition results of reduce tasks.
    pub(crate) results: u64,
}

impl HeapsLaw {
    /// Returns an upper bound for any input. It is used for input that is too small to sample.
    pub(crate) fn upper_bound() -> Self {
        Self {
            factor: MAX_EXPANSION,
            exponent: 1.0,
        }
    }

    /// Returns the law with as many bytes of records as of input. It is used for jobs that cannot run on a sample.
    pub(crate) fn identity() -> Self {
        Self {
            factor: 1.0,
            exponent: 1.0,
        }
    }

    /// Fits the law to two observations, the smaller one first.
    pub(crate) fn fit(small: Observation, large: Observation) -> Self {
        let growth = large.records.max(1) as f64 / small.records.max(1) as f64;
        let times = large.input.max(1) as f64 / small.input.max(1) as f64;
        // An exponent above 1 is noise: the number of distinct words per byte does not grow with the input.
        let exponent = match times > 1.0 && small.records > 0 {
            true => (growth.ln() / times.ln()).clamp(0.0, 1.0),
            // The small sample yielded no records, because a decompressor returns bytes only once a block is complete.
            false => 1.0,
        };
        Self {
            factor: large.records as f64 / (large.input.max(1) as f64).powf(exponent),
            exponent,
        }
    }

    /// Returns the bytes of records for `input` bytes of input.
    pub(crate) fn at(&self, input: u64) -> u64 {
        // The conversion from float to integer saturates.
        (self.factor * (input as f64).powf(self.exponent)).ceil() as u64
    }
}

impl StorageEstimate {
    /// Returns the estimate for a plan of `spec` with splits in these `groups`.
    pub(crate) fn of(spec: &JobSpec, groups: &[SplitGroup]) -> Self {
        let reduces = u64::from(spec.reduces);
        let run_overhead = RUN_OVERHEAD + PARTITION_OVERHEAD * reduces;
        let mut sum = Self::default();
        for SplitGroup {
            lens,
            growth,
            record_len,
        } in groups
        {
            let runs = lens
                .iter()
                .map(|len| growth.at(*len).saturating_add(run_overhead));
            sum.runs = runs.fold(sum.runs, u64::saturating_add);
            let all = growth.at(lens.iter().sum());
            let rows = spec.top.map(|top| top.saturating_mul(reduces));
            let results = rows.map_or(all, |rows| all.min(rows.saturating_mul(*record_len)));
            sum.results = sum.results.saturating_add(results);
        }
        sum.results = match spec.part_files {
            // Part files are written to the output folder and not to the store.
            Some(_) => 0,
            None => sum.results.saturating_add(RESULT_OVERHEAD * reduces),
        };
        sum
    }

    /// Returns the bytes of all blobs.
    pub(crate) fn bytes(&self) -> u64 {
        self.runs.saturating_add(self.results)
    }

    /// Returns the bytes of memory that Redis needs for the blobs and for the tasks of `plan`.
    pub(crate) fn redis_bytes(&self, plan: &Plan) -> u64 {
        let tasks = 1024 * u64::from(plan.total());
        with_redis_overhead(self.bytes()).saturating_add(tasks)
    }
}

/// Adds the overhead of Redis to the `bytes` of blobs: their names, the rounding of its allocator, and a margin for
/// what a sample may miss.
pub(super) fn with_redis_overhead(bytes: u64) -> u64 {
    bytes.saturating_add(bytes / 8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn observation(input: u64, records: u64) -> Observation {
        Observation { input, records }
    }

    fn spec(reduces: u32, top: Option<u64>) -> JobSpec {
        JobSpec {
            top,
            ..JobSpec::word_count(reduces)
        }
    }

    fn estimate(lens: &[u64], growth: HeapsLaw, top: Option<u64>) -> StorageEstimate {
        let group = SplitGroup {
            lens: lens.to_vec(),
            growth,
            record_len: 10,
        };
        StorageEstimate::of(&spec(2, top), &[group])
    }

    #[test]
    fn distinct_words_are_extrapolated_exactly() {
        let law = HeapsLaw::fit(observation(1000, 1100), observation(4000, 4400));
        assert_eq!(law.at(1_000_000_000), 1_100_000_000);
        let StorageEstimate { runs, results } = estimate(&[500_000, 500_000], law, None);
        assert_eq!((runs, results), (1_100_000 + 2 * 112, 1_100_000 + 2 * 64));
    }

    #[test]
    fn repeated_words_grow_by_a_power_of_the_input() {
        // Four times the input, twice the words.
        let law = HeapsLaw::fit(observation(1000, 500), observation(4000, 1000));
        assert_eq!(
            [1000, 4000, 16_000, 64_000].map(|len| law.at(len)),
            [500, 1000, 2000, 4000]
        );
        let whole = estimate(&[16_000], law, None);
        let cut = estimate(&[4000; 4], law, None);
        assert_eq!(whole.results, cut.results);
        assert!(cut.runs > whole.runs);
    }

    #[test]
    fn a_sample_without_two_observations_is_taken_for_distinct_words() {
        assert_eq!(
            HeapsLaw::fit(observation(1000, 0), observation(4000, 800)).at(8000),
            1600
        );
        assert_eq!(
            HeapsLaw::fit(observation(1000, 0), observation(4000, 0)).at(8000),
            0
        );
        assert_eq!(
            HeapsLaw::fit(observation(50, 60), observation(50, 60)).at(100),
            120
        );
    }

    #[test]
    fn only_the_top_rows_of_a_result_are_stored() {
        let law = HeapsLaw::upper_bound();
        assert_eq!(estimate(&[1000], law, Some(5)).results, 2 * 5 * 10 + 2 * 64);
        assert_eq!(
            estimate(&[1000], law, Some(u64::MAX)).results,
            3000 + 2 * 64
        );
    }

    proptest! {
        #[test]
        fn estimates_never_overflow_and_grow_with_the_input(
            small in (1u64.., any::<u64>()), large in (1u64.., any::<u64>()), a: u64, b: u64,
        ) {
            let law = HeapsLaw::fit(observation(small.0, small.1), observation(large.0, large.1));
            prop_assert!(law.at(a.min(b)) <= law.at(a.max(b)));
            let all = estimate(&[a / 2, b / 2], law, None);
            prop_assert!(all.bytes() >= all.runs.max(all.results));
        }
    }
}

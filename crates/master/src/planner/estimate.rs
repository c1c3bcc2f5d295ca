//! How much a job puts into the store of blobs: counted on a sample, extrapolated by Heaps' law.
//!
//! The different words in a text of `n` bytes are about `factor * n ^ exponent`, and so are the bytes of their
//! records. Two points of that curve come from the sample; what a split and what the whole input give is
//! read off it. In real text the exponent falls with the length, so that far beyond the sample the law says
//! more than there will be: half as much again for half a gigabyte of tweets. Where no word comes twice
//! it is exact. An input whose parts have nothing in common with the sample is not foreseen.

use mapreduce::{JobSpec, Plan};

/// Most bytes of records that come of a byte of input: an invalid byte becomes three, and two words
/// have a byte between them, which is not stored, where a record has its two numbers.
const MOST: f64 = 3.0;
/// What a run has beside its records: its header, and for each partition an entry and a block's header.
const RUN: u64 = 16;
const PARTITION: u64 = 32 + 16;
/// What a part has beside its records.
const PART: u64 = RUN + PARTITION;

/// How the bytes of records grow with the bytes of input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Law {
    factor: f64,
    exponent: f64,
}

/// Some input and the bytes of the records that came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Point {
    pub(crate) input: u64,
    pub(crate) records: u64,
}

/// Splits that are alike: those of one kind of compression.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kind {
    /// Their lengths, in bytes as they lie in their files.
    pub(crate) lens: Vec<u64>,
    /// How their records grow.
    pub(crate) law: Law,
    /// Longest record of the sample, on average and in bytes; for results that are cut short.
    pub(crate) record: u64,
}

/// What a job puts into the store of blobs, in bytes. All of it is there at the same time, until the result is
/// published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Estimate {
    /// Output of map tasks.
    pub(crate) runs: u64,
    /// Output of reduce tasks.
    pub(crate) parts: u64,
}

impl Law {
    /// What no input exceeds; for one that is too small for a sample.
    pub(crate) fn bound() -> Self {
        Self {
            factor: MOST,
            exponent: 1.0,
        }
    }

    /// As many bytes as there is input; for jobs that cannot be tried on a sample.
    pub(crate) fn same() -> Self {
        Self {
            factor: 1.0,
            exponent: 1.0,
        }
    }

    /// The law of two points, the smaller first.
    pub(crate) fn through(small: Point, large: Point) -> Self {
        let growth = large.records.max(1) as f64 / small.records.max(1) as f64;
        let times = large.input.max(1) as f64 / small.input.max(1) as f64;
        // Not beyond 1: more input has no more words a byte than less of it, but for chance.
        let exponent = match times > 1.0 && small.records > 0 {
            true => (growth.ln() / times.ln()).clamp(0.0, 1.0),
            // Bytes that a decoder keeps to itself until a block is whole.
            false => 1.0,
        };
        Self {
            factor: large.records as f64 / (large.input.max(1) as f64).powf(exponent),
            exponent,
        }
    }

    /// Bytes of the records that `input` bytes give.
    pub(crate) fn at(&self, input: u64) -> u64 {
        // A float as an integer saturates.
        (self.factor * (input as f64).powf(self.exponent)).ceil() as u64
    }
}

impl Estimate {
    /// For a plan of `spec` with splits of these `kinds`.
    pub(crate) fn of(spec: &JobSpec, kinds: &[Kind]) -> Self {
        let reduces = u64::from(spec.reduces);
        let beside_run = RUN + PARTITION * reduces;
        let mut sum = Self::default();
        for Kind { lens, law, record } in kinds {
            let runs = lens
                .iter()
                .map(|len| law.at(*len).saturating_add(beside_run));
            sum.runs = runs.fold(sum.runs, u64::saturating_add);
            let all = law.at(lens.iter().sum());
            let rows = spec.top.map(|top| top.saturating_mul(reduces));
            let part = rows.map_or(all, |rows| all.min(rows.saturating_mul(*record)));
            sum.parts = sum.parts.saturating_add(part);
        }
        sum.parts = match spec.part_files {
            // Then the parts are files of the output.
            Some(_) => 0,
            None => sum.parts.saturating_add(PART * reduces),
        };
        sum
    }

    /// All of it.
    pub(crate) fn bytes(&self) -> u64 {
        self.runs.saturating_add(self.parts)
    }

    /// What Redis takes to hold it, in bytes, and the tasks of `plan` themselves.
    pub(crate) fn in_redis(&self, plan: &Plan) -> u64 {
        let tasks = 1024 * u64::from(plan.total());
        within_redis(self.bytes()).saturating_add(tasks)
    }
}

/// `bytes` in blobs, each rounded up as the allocator of Redis does it, with their names; and some more for
/// what a sample may miss.
pub(super) fn within_redis(bytes: u64) -> u64 {
    bytes.saturating_add(bytes / 8)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn point(input: u64, records: u64) -> Point {
        Point { input, records }
    }

    fn spec(reduces: u32, top: Option<u64>) -> JobSpec {
        JobSpec {
            top,
            ..JobSpec::word_count(reduces)
        }
    }

    fn estimate(lens: &[u64], law: Law, top: Option<u64>) -> Estimate {
        let kind = Kind {
            lens: lens.to_vec(),
            law,
            record: 10,
        };
        Estimate::of(&spec(2, top), &[kind])
    }

    #[test]
    fn words_that_are_all_different_are_extrapolated_exactly() {
        let law = Law::through(point(1000, 1100), point(4000, 4400));
        assert_eq!(law.at(1_000_000_000), 1_100_000_000);
        let Estimate { runs, parts } = estimate(&[500_000, 500_000], law, None);
        assert_eq!((runs, parts), (1_100_000 + 2 * 112, 1_100_000 + 2 * 64));
    }

    #[test]
    fn words_that_come_again_grow_by_a_power() {
        // Four times the input, twice the words.
        let law = Law::through(point(1000, 500), point(4000, 1000));
        assert_eq!(
            [1000, 4000, 16_000, 64_000].map(|len| law.at(len)),
            [500, 1000, 2000, 4000]
        );
        let whole = estimate(&[16_000], law, None);
        let cut = estimate(&[4000; 4], law, None);
        assert_eq!(whole.parts, cut.parts);
        assert!(cut.runs > whole.runs);
    }

    #[test]
    fn a_sample_without_two_points_is_taken_for_different_words() {
        assert_eq!(
            Law::through(point(1000, 0), point(4000, 800)).at(8000),
            1600
        );
        assert_eq!(Law::through(point(1000, 0), point(4000, 0)).at(8000), 0);
        assert_eq!(Law::through(point(50, 60), point(50, 60)).at(100), 120);
    }

    #[test]
    fn of_a_result_that_is_cut_short_only_its_rows_are_stored() {
        let law = Law::bound();
        assert_eq!(estimate(&[1000], law, Some(5)).parts, 2 * 5 * 10 + 2 * 64);
        assert_eq!(estimate(&[1000], law, Some(u64::MAX)).parts, 3000 + 2 * 64);
    }

    proptest! {
        #[test]
        fn no_numbers_are_too_large_and_more_input_never_gives_less(
            small in (1u64.., any::<u64>()), large in (1u64.., any::<u64>()), a: u64, b: u64,
        ) {
            let law = Law::through(point(small.0, small.1), point(large.0, large.1));
            prop_assert!(law.at(a.min(b)) <= law.at(a.max(b)));
            let all = estimate(&[a / 2, b / 2], law, None);
            prop_assert!(all.bytes() >= all.runs.max(all.parts));
        }
    }
}

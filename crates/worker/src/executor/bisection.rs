//! Bisection for bad records.
//!
//! A trial maps some of the records, and discards the output. A range of offsets that fails is cut in two, and both
//! halves are tried, until one record is left. If a trial reports the record at which it failed, that record is tried
//! at once, because the records before it succeeded.
//!
//! A trial may fail for another reason, so a record is bad only if it fails alone several times. No record is bad if
//! the job fails without any record, for example because a command cannot run at all.

use std::ops::Range;

/// A failed trial.
#[derive(Debug, Clone)]
pub(super) struct FailedTrial<F> {
    /// Offsets of the first and the last record that the job read, if any. It did not map any record after the last
    /// one.
    pub(super) read: Option<(u64, u64)>,
    /// Offset of the record at which the trial failed, if it is known.
    pub(super) at: Option<u64>,
    /// Description of the failure, if the trial had one record only.
    pub(super) failure: F,
}

/// Bounds of a search.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// Number of times in a row that a suspect record must fail alone.
    pub(super) confirmations: u32,
    /// Maximum number of bad records to find.
    pub(super) limit: usize,
}

/// Progress of a search.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    /// Number of trials.
    pub(super) trials: u32,
    /// Number of bad records found.
    pub(super) bad: usize,
}

/// Reason to end a search early.
enum Halt<E> {
    /// The caller ended the search.
    Stopped,
    Failed(E),
}

/// Number of suspect records that do not fail alone, after which the search ends: the failures do not depend on single
/// records.
const MAX_FALSE_SUSPECTS: u32 = 16;

/// Finds records that fail on their own, in the order of their offsets.
///
/// `trial` maps the records whose offsets are in a range, and returns the failure. `may_continue` is called before each
/// trial. If it returns false, the search ends with the records found so far.
///
/// # Errors
/// Errors of `trial`.
pub(super) fn find_bad_records<F, E>(
    bounds: Bounds,
    mut may_continue: impl FnMut(Progress) -> bool,
    mut trial: impl FnMut(Range<u64>) -> Result<Option<FailedTrial<F>>, E>,
) -> Result<Vec<(u64, F)>, E> {
    let (mut found, mut trials) = (Vec::new(), 0);
    let counted = |range: Range<u64>, bad: usize| {
        if !may_continue(Progress { trials, bad }) {
            return Err(Halt::Stopped);
        }
        trials += 1;
        trial(range).map_err(Halt::Failed)
    };
    match bisect(bounds, counted, &mut found) {
        Ok(()) | Err(Halt::Stopped) => Ok(found),
        Err(Halt::Failed(error)) => Err(error),
    }
}

/// Adds the bad records to `bad`. The second argument of `trial` is the number of bad records found so far.
fn bisect<F, E>(
    bounds: Bounds,
    mut trial: impl FnMut(Range<u64>, usize) -> Result<Option<FailedTrial<F>>, E>,
    bad: &mut Vec<(u64, F)>,
) -> Result<(), E> {
    // The job fails without any record, so no record is at fault.
    if confirm(bounds.confirmations, 0..0, |range| trial(range, 0))?.is_some() {
        return Ok(());
    }
    let all = 0..u64::MAX;
    let (mut todo, mut false_suspects) = (vec![all], 0);
    while let Some(range) = todo.pop() {
        if bad.len() >= bounds.limit || false_suspects >= MAX_FALSE_SUSPECTS {
            break;
        }
        let Some(failed) = trial(range.clone(), bad.len())? else {
            continue;
        };
        let Some((first, last)) = failed.read else {
            continue;
        };
        let mut push = |range: Range<u64>| {
            if !range.is_empty() {
                todo.push(range);
            }
        };
        let reported = failed.at.filter(|at| (first..=last).contains(at));
        let alone = (first == last).then_some(first);
        let Some(suspect) = reported.or(alone) else {
            // The last range pushed is the next one tried, so that records are found in the order of their offsets.
            let middle = first + (last - first).div_ceil(2);
            push(last + 1..range.end);
            push(middle..last + 1);
            push(first..middle);
            continue;
        };
        push(suspect + 1..range.end);
        let known = bad.len();
        let confirmed = confirm(bounds.confirmations, suspect..suspect + 1, |range| {
            trial(range, known)
        });
        match confirmed? {
            Some(failure) => bad.push((suspect, failure)),
            None => false_suspects += 1,
        }
    }
    Ok(())
}

/// Tries a range up to `times` times, and returns the last failure if all trials fail.
fn confirm<F, E>(
    times: u32,
    range: Range<u64>,
    mut trial: impl FnMut(Range<u64>) -> Result<Option<FailedTrial<F>>, E>,
) -> Result<Option<F>, E> {
    let mut failure = None;
    for _ in 0..times.max(1) {
        match trial(range.clone())? {
            Some(failed) => failure = Some(failed.failure),
            None => return Ok(None),
        }
    }
    Ok(failure)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    const BOUNDS: Bounds = Bounds {
        confirmations: 3,
        limit: usize::MAX,
    };

    /// Input with records at these offsets, some of them bad.
    #[derive(Debug, Clone)]
    struct Input {
        offsets: Vec<u64>,
        bad: BTreeSet<u64>,
        /// Number of records that the job reads at once. A failure appears at the end of such a block.
        block: usize,
        /// A failure reports its record.
        reports: bool,
    }

    impl Input {
        /// Maps a range. If no record fails and `fails` is true, the trial fails at its end for another reason.
        fn trial(&self, range: &Range<u64>, fails: bool) -> Option<FailedTrial<()>> {
            let inside = self.offsets.iter().copied();
            let inside: Vec<u64> = inside.filter(|at| range.contains(at)).collect();
            for (nth, block) in inside.chunks(self.block).enumerate() {
                let failed = block.iter().find(|at| self.bad.contains(at));
                let end = (nth + 1) * self.block >= inside.len();
                if failed.is_some() || (fails && end) {
                    return Some(FailedTrial {
                        read: Some((inside[0], *block.last().unwrap())),
                        at: failed.copied().filter(|_| self.reports),
                        failure: (),
                    });
                }
            }
            (inside.is_empty() && fails).then_some(FailedTrial {
                read: None,
                at: None,
                failure: (),
            })
        }
    }

    fn inputs(max_records: usize) -> impl Strategy<Value = Input> {
        let records = proptest::collection::btree_map(0u64..5000, 0u8..6, 0..max_records);
        let base = prop_oneof![0u64..5000, Just(u64::MAX - 5000)];
        (records, 1usize..9, any::<bool>(), base).prop_map(|(records, block, reports, base)| {
            Input {
                offsets: records.keys().map(|at| base + at).collect(),
                bad: records
                    .iter()
                    .filter(|(_, kind)| **kind == 0)
                    .map(|(at, _)| base + at)
                    .collect(),
                block,
                reports,
            }
        })
    }

    fn found(
        bounds: Bounds,
        trial: impl FnMut(Range<u64>) -> Result<Option<FailedTrial<()>>, Infallible>,
    ) -> Vec<u64> {
        let Ok(bad) = find_bad_records(bounds, |_| true, trial);
        bad.into_iter().map(|(at, ())| at).collect()
    }

    proptest! {
        #[test]
        fn all_bad_records_are_found_and_no_others(input in inputs(80)) {
            let bad = found(BOUNDS, |range| Ok(input.trial(&range, false)));
            prop_assert_eq!(bad, input.bad.iter().copied().collect::<Vec<_>>());
        }

        #[test]
        fn the_first_bad_records_are_found_up_to_the_limit(input in inputs(80), limit in 1usize..5) {
            let bounds = Bounds { limit, ..BOUNDS };
            let bad = found(bounds, |range| Ok(input.trial(&range, false)));
            prop_assert_eq!(bad, input.bad.iter().copied().take(limit).collect::<Vec<_>>());
        }

        #[test]
        fn random_failures_never_make_a_good_record_bad(
            input in inputs(40), fails in proptest::collection::vec(any::<bool>(), 1..200),
        ) {
            let (mut nth, mut in_a_row) = (0, 0);
            let bad = found(BOUNDS, |range| {
                nth += 1;
                // A good record fails alone as often in a row as it may.
                let fails = fails[nth % fails.len()] && in_a_row + 1 < BOUNDS.confirmations;
                in_a_row = if fails { in_a_row + 1 } else { 0 };
                Ok(input.trial(&range, fails))
            });
            for at in &bad {
                prop_assert!(input.bad.contains(at), "{} of {:?}", at, input);
            }
            prop_assert!(bad.is_sorted());
        }

        #[test]
        fn a_few_random_failures_hide_no_bad_record(
            input in inputs(40), fails in proptest::collection::btree_set(0usize..60, 0..10),
        ) {
            let mut nth = 0;
            let bad = found(BOUNDS, |range| {
                nth += 1;
                // No two failures in a row.
                let fails = fails.contains(&nth) && !fails.contains(&(nth - 1));
                Ok(input.trial(&range, fails))
            });
            prop_assert_eq!(bad, input.bad.iter().copied().collect::<Vec<_>>());
        }
    }

    #[test]
    fn one_bad_record_in_a_million_takes_few_trials() {
        let mut trials = 0;
        let bad = found(BOUNDS, |range| {
            trials += 1;
            let end = range.end.min(1_000_000);
            Ok((range.contains(&777_777)).then_some(FailedTrial {
                read: Some((range.start, end.saturating_sub(1))),
                at: None,
                failure: (),
            }))
        });
        assert_eq!(bad, [777_777]);
        assert!(trials <= 50, "{trials}");
    }

    #[test]
    fn no_record_is_bad_if_a_job_fails_without_records_or_only_with_many() {
        let always = |range: Range<u64>| {
            let read = (!range.is_empty()).then_some((3, 9));
            let (at, failure) = (None, ());
            Ok(Some(FailedTrial { read, at, failure }))
        };
        assert!(found(BOUNDS, always).is_empty());

        let mut trials = 0;
        let every_tenth = |range: Range<u64>| {
            trials += 1;
            let at = range.start + 10;
            Ok((range.end > at).then_some(FailedTrial {
                read: Some((range.start, at + 3)),
                at: Some(at),
                failure: (),
            }))
        };
        assert!(found(BOUNDS, every_tenth).is_empty());
        assert!(trials < 50, "{trials}");
    }

    #[test]
    fn a_stopped_search_returns_the_records_found_so_far() {
        let input = Input {
            offsets: (0..100).collect(),
            bad: BTreeSet::from([10, 90]),
            block: 100,
            reports: false,
        };
        let mut calls = Vec::new();
        let until_one_is_found = |progress: Progress| {
            calls.push(progress.trials);
            progress.bad == 0
        };
        let trial = |range| Ok::<_, Infallible>(input.trial(&range, false));
        let Ok(bad) = find_bad_records(BOUNDS, until_one_is_found, trial);
        assert_eq!(bad, [(10, ())]);
        assert!(calls.iter().copied().eq(0..calls.len() as u32), "{calls:?}");
    }

    #[test]
    fn an_error_that_the_job_did_not_cause_ends_the_search() {
        let stop = |_: Range<u64>| Err::<Option<FailedTrial<()>>, _>("stopped");
        assert_eq!(
            find_bad_records(BOUNDS, |_| true, stop).unwrap_err(),
            "stopped"
        );
    }
}

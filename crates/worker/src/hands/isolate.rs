//! Which records does a job fail at? Found by trials: runs over some of the records, of which nothing is kept.
//!
//! A range of offsets that fails is cut in two, and both are tried, until one record is left. If a trial tells at
//! which record it failed, that one is tried at once: those before it got through. What fails once may have failed
//! for another reason, so a record is bad only if it fails alone, again and again. Nothing is bad if the
//! job fails without any record, as it does if a command cannot work at all.

use std::ops::Range;

/// What a failed trial tells.
#[derive(Debug, Clone)]
pub(super) struct Failed<W> {
    /// Offsets of the first and the last record that were handed out, if any was. None behind the last was mapped.
    pub(super) handed_out: Option<(u64, u64)>,
    /// Offset of the record it failed at, if that is known.
    pub(super) at: Option<u64>,
    /// What to say of a bad record, if there is only one.
    pub(super) what: W,
}

/// When to stop.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// How often a record that seems bad must fail alone, without fail.
    pub(super) confirm: u32,
    /// How many bad records are found at most.
    pub(super) most: usize,
}

/// How far a search is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Progress {
    /// How many trials there were.
    pub(super) trials: u32,
    /// How many bad records are found.
    pub(super) bad: usize,
}

/// Why a search ends early.
enum Halt<E> {
    /// It is not to go on.
    Enough,
    Failed(E),
}

/// How many records may seem bad and not fail alone: then the failures are not about single records.
const IN_VAIN: u32 = 16;

/// Finds records that fail alone, in the order of their offsets. `trial` maps the records whose offsets are in a range
/// and answers whether, and where, that failed. Before each, `go_on` says whether it is to be; if not, what was found
/// until then is the answer.
///
/// # Errors
/// Those of `trial`.
pub(super) fn isolate<W, E>(
    bounds: Bounds,
    mut go_on: impl FnMut(Progress) -> bool,
    mut trial: impl FnMut(Range<u64>) -> Result<Option<Failed<W>>, E>,
) -> Result<Vec<(u64, W)>, E> {
    let (mut found, mut trials) = (Vec::new(), 0);
    let counted = |range: Range<u64>, bad: usize| {
        if !go_on(Progress { trials, bad }) {
            return Err(Halt::Enough);
        }
        trials += 1;
        trial(range).map_err(Halt::Failed)
    };
    match search(bounds, counted, &mut found) {
        Ok(()) | Err(Halt::Enough) => Ok(found),
        Err(Halt::Failed(error)) => Err(error),
    }
}

/// `trial` is told how many bad records are known, too.
fn search<W, E>(
    bounds: Bounds,
    mut trial: impl FnMut(Range<u64>, usize) -> Result<Option<Failed<W>>, E>,
    bad: &mut Vec<(u64, W)>,
) -> Result<(), E> {
    if confirmed(bounds.confirm, 0..0, |range| trial(range, 0))?.is_some() {
        return Ok(());
    }
    let all = 0..u64::MAX;
    let (mut todo, mut in_vain) = (vec![all], 0);
    while let Some(range) = todo.pop() {
        if bad.len() >= bounds.most || in_vain >= IN_VAIN {
            break;
        }
        let Some(failed) = trial(range.clone(), bad.len())? else {
            continue;
        };
        let Some((first, last)) = failed.handed_out else {
            continue;
        };
        let mut later = |range: Range<u64>| {
            if !range.is_empty() {
                todo.push(range);
            }
        };
        let known = failed.at.filter(|at| (first..=last).contains(at));
        let alone = (first == last).then_some(first);
        let Some(suspect) = known.or(alone) else {
            later(last + 1..range.end);
            let middle = first + (last - first).div_ceil(2);
            later(middle..last + 1);
            // The next one.
            later(first..middle);
            continue;
        };
        later(suspect + 1..range.end);
        let known = bad.len();
        match confirmed(bounds.confirm, suspect..suspect + 1, |range| {
            trial(range, known)
        })? {
            Some(what) => bad.push((suspect, what)),
            None => in_vain += 1,
        }
    }
    Ok(())
}

/// What the last of `times` trials of a range says, if all fail.
fn confirmed<W, E>(
    times: u32,
    range: Range<u64>,
    mut trial: impl FnMut(Range<u64>) -> Result<Option<Failed<W>>, E>,
) -> Result<Option<W>, E> {
    let mut what = None;
    for _ in 0..times.max(1) {
        match trial(range.clone())? {
            Some(failed) => what = Some(failed.what),
            None => return Ok(None),
        }
    }
    Ok(what)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    const BOUNDS: Bounds = Bounds {
        confirm: 3,
        most: usize::MAX,
    };

    /// Records at these offsets, some of them bad.
    #[derive(Debug, Clone)]
    struct Input {
        offsets: Vec<u64>,
        bad: BTreeSet<u64>,
        /// How many records are handed out at once; a failure is seen at the end of such a block.
        block: usize,
        /// Whether a failure names its record.
        names: bool,
    }

    impl Input {
        /// Maps a range; `fails` for another reason at the end, if nothing failed before.
        fn trial(&self, range: &Range<u64>, fails: bool) -> Option<Failed<()>> {
            let inside = self.offsets.iter().copied();
            let inside: Vec<u64> = inside.filter(|at| range.contains(at)).collect();
            for (nth, block) in inside.chunks(self.block).enumerate() {
                let failed = block.iter().find(|at| self.bad.contains(at));
                let end = (nth + 1) * self.block >= inside.len();
                if failed.is_some() || (fails && end) {
                    return Some(Failed {
                        handed_out: Some((inside[0], *block.last().unwrap())),
                        at: failed.copied().filter(|_| self.names),
                        what: (),
                    });
                }
            }
            (inside.is_empty() && fails).then_some(Failed {
                handed_out: None,
                at: None,
                what: (),
            })
        }
    }

    fn inputs(most: usize) -> impl Strategy<Value = Input> {
        let records = proptest::collection::btree_map(0u64..5000, 0u8..6, 0..most);
        let steep = prop_oneof![0u64..5000, Just(u64::MAX - 5000)];
        (records, 1usize..9, any::<bool>(), steep).prop_map(|(records, block, names, base)| Input {
            offsets: records.keys().map(|at| base + at).collect(),
            bad: records
                .iter()
                .filter(|(_, kind)| **kind == 0)
                .map(|(at, _)| base + at)
                .collect(),
            block,
            names,
        })
    }

    fn found(
        bounds: Bounds,
        trial: impl FnMut(Range<u64>) -> Result<Option<Failed<()>>, Infallible>,
    ) -> Vec<u64> {
        let Ok(bad) = isolate(bounds, |_| true, trial);
        bad.into_iter().map(|(at, ())| at).collect()
    }

    proptest! {
        #[test]
        fn any_bad_records_are_found_and_no_others(input in inputs(80)) {
            let bad = found(BOUNDS, |range| Ok(input.trial(&range, false)));
            prop_assert_eq!(bad, input.bad.iter().copied().collect::<Vec<_>>());
        }

        #[test]
        fn the_first_bad_records_are_found_if_no_more_are_wanted(input in inputs(80), most in 1usize..5) {
            let bounds = Bounds { most, ..BOUNDS };
            let bad = found(bounds, |range| Ok(input.trial(&range, false)));
            prop_assert_eq!(bad, input.bad.iter().copied().take(most).collect::<Vec<_>>());
        }

        #[test]
        fn failures_at_random_never_make_a_good_record_bad(
            input in inputs(40), fails in proptest::collection::vec(any::<bool>(), 1..200),
        ) {
            let (mut nth, mut in_a_row) = (0, 0);
            let bad = found(BOUNDS, |range| {
                nth += 1;
                // As often in a row as a good record may fail alone.
                let fails = fails[nth % fails.len()] && in_a_row + 1 < BOUNDS.confirm;
                in_a_row = if fails { in_a_row + 1 } else { 0 };
                Ok(input.trial(&range, fails))
            });
            for at in &bad {
                prop_assert!(input.bad.contains(at), "{} of {:?}", at, input);
            }
            prop_assert!(bad.is_sorted());
        }

        #[test]
        fn a_few_failures_at_random_hide_no_bad_record(
            input in inputs(40), fails in proptest::collection::btree_set(0usize..60, 0..10),
        ) {
            let mut nth = 0;
            let bad = found(BOUNDS, |range| {
                nth += 1;
                // Never twice in a row.
                let fails = fails.contains(&nth) && !fails.contains(&(nth - 1));
                Ok(input.trial(&range, fails))
            });
            prop_assert_eq!(bad, input.bad.iter().copied().collect::<Vec<_>>());
        }
    }

    #[test]
    fn one_bad_record_of_a_million_costs_few_trials() {
        let mut trials = 0;
        let bad = found(BOUNDS, |range| {
            trials += 1;
            let end = range.end.min(1_000_000);
            Ok((range.contains(&777_777)).then_some(Failed {
                handed_out: Some((range.start, end.saturating_sub(1))),
                at: None,
                what: (),
            }))
        });
        assert_eq!(bad, [777_777]);
        assert!(trials <= 50, "{trials}");
    }

    #[test]
    fn what_fails_without_a_record_or_with_many_only_is_no_records_fault() {
        let always = |range: Range<u64>| {
            let handed_out = (!range.is_empty()).then_some((3, 9));
            let (at, what) = (None, ());
            Ok(Some(Failed {
                handed_out,
                at,
                what,
            }))
        };
        assert!(found(BOUNDS, always).is_empty());

        let mut trials = 0;
        let every_tenth = |range: Range<u64>| {
            trials += 1;
            let at = range.start + 10;
            Ok((range.end > at).then_some(Failed {
                handed_out: Some((range.start, at + 3)),
                at: Some(at),
                what: (),
            }))
        };
        assert!(found(BOUNDS, every_tenth).is_empty());
        assert!(trials < 50, "{trials}");
    }

    #[test]
    fn a_search_that_is_not_to_go_on_answers_what_it_has_found() {
        let input = Input {
            offsets: (0..100).collect(),
            bad: BTreeSet::from([10, 90]),
            block: 100,
            names: false,
        };
        let mut asked = Vec::new();
        let until_one_is_found = |progress: Progress| {
            asked.push(progress.trials);
            progress.bad == 0
        };
        let trial = |range| Ok::<_, Infallible>(input.trial(&range, false));
        let Ok(bad) = isolate(BOUNDS, until_one_is_found, trial);
        assert_eq!(bad, [(10, ())]);
        assert!(asked.iter().copied().eq(0..asked.len() as u32), "{asked:?}");
    }

    #[test]
    fn what_is_no_failure_of_the_job_ends_the_search() {
        let stop = |_: Range<u64>| Err::<Option<Failed<()>>, _>("stopped");
        assert_eq!(isolate(BOUNDS, |_| true, stop).unwrap_err(), "stopped");
    }
}

//! Groups of pairs with equal keys, and guarded calls of the job's code.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::merge::{Merge, is_truncated};
use crate::combine_task::RawValues;
use crate::error::{PairError, ShuffleError};
use mapreduce_core::{JobError, panic_message};

/// Name of the job code that is called, for error messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct JobCode(pub(super) &'static str);

/// Maximum number of bytes of a key that an error shows.
const MAX_SHOWN: usize = 60;

/// State of the iteration over groups, which must survive a panic of the job's code.
#[derive(Debug, Default)]
pub(super) struct GroupState {
    /// Current key.
    pub(super) key: Vec<u8>,
    /// Read error that ended the values of the key early. It takes precedence over the result of the job's code, which
    /// saw incomplete values.
    fault: Option<ShuffleError>,
}

impl JobCode {
    /// Runs `work`, which calls the job's code, and converts a panic to an error that names the key.
    pub(super) fn guard<T>(
        self,
        work: impl FnOnce(&mut GroupState) -> Result<T, PairError>,
    ) -> Result<T, PairError> {
        let mut state = GroupState::default();
        // This is unwind safe, because the caller discards all state of a failed attempt.
        let outcome = catch_unwind(AssertUnwindSafe(|| work(&mut state)));
        if let Some(fault) = state.fault {
            return Err(fault.into());
        }
        match outcome {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(PairError::Job(error))) => {
                let text = format!(
                    "{} failed on the key {}: {error}",
                    self.0,
                    shown(&state.key)
                );
                Err(PairError::Job(match error.is_permanent() {
                    true => JobError::permanent(text),
                    false => JobError::new(text),
                }))
            }
            Ok(Err(error)) => Err(error),
            Err(panic) => {
                let (key, text) = (shown(&state.key), panic_message(&*panic));
                let text = format!("{} panicked on the key {key}: {text}", self.0);
                Err(PairError::Job(JobError::new(text)))
            }
        }
    }
}

impl JobCode {
    /// Runs `work`, which calls the job's code after the last key, and converts a panic to an error.
    pub(super) fn guard_end(
        self,
        work: impl FnOnce() -> Result<(), JobError>,
    ) -> Result<(), JobError> {
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
            let text = panic_message(&*panic);
            let text = format!("{} panicked after the last key: {text}", self.0);
            Err(JobError::new(text))
        })
    }
}

/// Formats a key for errors.
pub(super) fn shown(key: &[u8]) -> String {
    let start = String::from_utf8_lossy(&key[..key.len().min(MAX_SHOWN)]);
    match key.len() > MAX_SHOWN {
        true => format!("{start:?}…"),
        false => format!("{start:?}"),
    }
}

/// Calls `each` with the key and the values of every group of `merge`. Skips values that `each` leaves unread. Returns
/// the number of groups.
pub(super) fn each_group(
    merge: &mut Merge<'_>,
    state: &mut GroupState,
    mut each: impl FnMut(&[u8], &mut dyn RawValues) -> Result<(), PairError>,
) -> Result<u64, PairError> {
    let mut groups = 0;
    while !merge.is_exhausted() {
        state.key.clear();
        state.key.extend_from_slice(merge.pair().0);
        let mut group = Group {
            prefix: merge.prefix(),
            merge: &mut *merge,
            key: &state.key,
            state: State::First,
            fault: &mut state.fault,
        };
        each(group.key, &mut group)?;
        while group.step() {}
        if let Some(fault) = state.fault.take() {
            return Err(PairError::Shuffle(fault));
        }
        groups += 1;
    }
    Ok(groups)
}

/// Iterator over the values of a key in a merge.
struct Group<'m, 's> {
    merge: &'m mut Merge<'s>,
    key: &'m [u8],
    prefix: u128,
    state: State,
    fault: &'m mut Option<ShuffleError>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The merge is at the first value of the key, which has not been returned yet.
    First,
    /// The merge is at a value that has already been returned.
    Given,
    /// The merge is past the last value of the key.
    End,
}

impl Group<'_, '_> {
    /// Moves to the next value. Returns `false` after the last one.
    #[inline]
    fn step(&mut self) -> bool {
        match self.state {
            State::First => self.state = State::Given,
            State::End => return false,
            State::Given => {
                if let Err(error) = self.merge.advance() {
                    *self.fault = Some(error);
                    self.state = State::End;
                    return false;
                }
                let same = !self.merge.is_exhausted()
                    && self.merge.prefix() == self.prefix
                    && (!is_truncated(self.prefix) || self.merge.pair().0 == self.key);
                if !same {
                    self.state = State::End;
                    return false;
                }
            }
        }
        true
    }
}

impl RawValues for Group<'_, '_> {
    #[inline]
    fn next(&mut self) -> Option<&[u8]> {
        self.step().then(|| self.merge.pair().1)
    }
}

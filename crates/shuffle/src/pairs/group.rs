//! Groups of pairs with equal keys, and the job's code that is given them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::merge::{Merge, is_open};
use crate::combine_task::RawValues;
use crate::error::ShuffleError;
use mapreduce_core::{JobError, panic_message};

/// What ends a run over groups.
#[derive(Debug)]
pub(super) enum Halt {
    /// The job's code.
    Job(JobError),
    /// All else.
    Own(ShuffleError),
}

/// What was done, unless the job's code failed, unless something else did.
pub(super) type Outcome<T> = Result<Result<T, JobError>, ShuffleError>;

/// Which code of the job is called, for errors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Who(pub(super) &'static str);

/// Most bytes of a key that an error shows.
const SHOWN: usize = 60;

/// What a run over groups is at.
#[derive(Debug, Default)]
pub(super) struct AtHand {
    /// The key.
    pub(super) key: Vec<u8>,
    /// Why its values ended before the last one. Whatever the job's code makes of them is void.
    fault: Option<ShuffleError>,
}

impl Who {
    /// Lets `work` call the job's code, which may panic.
    pub(super) fn guard<T>(self, work: impl FnOnce(&mut AtHand) -> Result<T, Halt>) -> Outcome<T> {
        let mut at = AtHand::default();
        // What a panic leaves behind is thrown away with the attempt.
        let outcome = catch_unwind(AssertUnwindSafe(|| work(&mut at)));
        if let Some(fault) = at.fault {
            return Err(fault);
        }
        match outcome {
            Ok(Ok(done)) => Ok(Ok(done)),
            Ok(Err(Halt::Own(error))) => Err(error),
            Ok(Err(Halt::Job(error))) => {
                let text = format!("{} failed at the key {}: {error}", self.0, shown(&at.key));
                Ok(Err(match error.is_final() {
                    true => JobError::hopeless(text),
                    false => JobError::new(text),
                }))
            }
            Err(panic) => {
                let (key, text) = (shown(&at.key), panic_message(&*panic));
                let text = format!("{} panicked at the key {key}: {text}", self.0);
                Ok(Err(JobError::new(text)))
            }
        }
    }
}

impl Who {
    /// Lets `work` call what the job's code does behind the last key.
    pub(super) fn guard_end(
        self,
        work: impl FnOnce() -> Result<(), JobError>,
    ) -> Result<(), JobError> {
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
            let text = panic_message(&*panic);
            let text = format!("{} panicked behind the last key: {text}", self.0);
            Err(JobError::new(text))
        })
    }
}

/// A key as errors name it.
pub(super) fn shown(key: &[u8]) -> String {
    let start = String::from_utf8_lossy(&key[..key.len().min(SHOWN)]);
    match key.len() > SHOWN {
        true => format!("{start:?}…"),
        false => format!("{start:?}"),
    }
}

/// Calls `each` with the key and the values of every group of `merge`, and goes past those it leaves; the number of
/// groups.
pub(super) fn each_group(
    merge: &mut Merge<'_>,
    at: &mut AtHand,
    mut each: impl FnMut(&[u8], &mut dyn RawValues) -> Result<(), Halt>,
) -> Result<u64, Halt> {
    let mut groups = 0;
    while !merge.is_over() {
        at.key.clear();
        at.key.extend_from_slice(merge.pair().0);
        let mut group = Group {
            head: merge.head(),
            merge: &mut *merge,
            key: &at.key,
            state: State::First,
            fault: &mut at.fault,
        };
        each(group.key, &mut group)?;
        while group.step() {}
        if let Some(fault) = at.fault.take() {
            return Err(Halt::Own(fault));
        }
        groups += 1;
    }
    Ok(groups)
}

/// The values of a key from a merge.
struct Group<'m, 's> {
    merge: &'m mut Merge<'s>,
    key: &'m [u8],
    head: u128,
    state: State,
    fault: &'m mut Option<ShuffleError>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// The first value is at hand, and was not given.
    First,
    /// The value at hand was given.
    Given,
    /// The merge is behind the last one.
    End,
}

impl Group<'_, '_> {
    /// Goes to the next value, which is at hand then, if there is one.
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
                let same = !self.merge.is_over()
                    && self.merge.head() == self.head
                    && (!is_open(self.head) || self.merge.pair().0 == self.key);
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

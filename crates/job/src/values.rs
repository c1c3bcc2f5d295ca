//! The values of a key.

use std::fmt;
use std::marker::PhantomData;

use super::Datum;
use mapreduce_shuffle::RawValues;

/// The values of a key, one by one.
pub struct Values<'a, V: ?Sized> {
    raw: &'a mut dyn RawValues,
    bad: bool,
    of: PhantomData<fn() -> Box<V>>,
}

impl<'a, V: Datum + ?Sized> Values<'a, V> {
    pub(super) fn new(raw: &'a mut dyn RawValues) -> Self {
        Self {
            raw,
            bad: false,
            of: PhantomData,
        }
    }

    /// The next value; `None` behind the last. What is not asked for is passed over.
    #[expect(
        clippy::should_implement_trait,
        reason = "an iterator cannot lend what it holds"
    )]
    #[inline]
    pub fn next(&mut self) -> Option<V::View<'_>> {
        let view = V::view(self.raw.next()?);
        self.bad |= view.is_none();
        view
    }

    /// Whether a value was met that this type cannot be.
    pub(super) fn is_bad(&self) -> bool {
        self.bad
    }
}

impl<V: ?Sized> fmt::Debug for Values<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").finish_non_exhaustive()
    }
}

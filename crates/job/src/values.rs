//! The values of a key.

use std::fmt;
use std::marker::PhantomData;

use mapreduce_shuffle::RawValues;

use crate::datum::Datum;

/// Values of a key, read one by one.
pub struct Values<'a, V: ?Sized> {
    raw: &'a mut dyn RawValues,
    is_mistyped: bool,
    of: PhantomData<fn() -> Box<V>>,
}

impl<'a, V: Datum + ?Sized> Values<'a, V> {
    pub(super) fn new(raw: &'a mut dyn RawValues) -> Self {
        Self {
            raw,
            is_mistyped: false,
            of: PhantomData,
        }
    }

    /// Returns the next value, or `None` after the last one. A reducer need not read all of them.
    #[expect(
        clippy::should_implement_trait,
        reason = "the trait Iterator cannot lend from its own buffer"
    )]
    #[inline]
    pub fn next(&mut self) -> Option<V::View<'_>> {
        let view = V::view(self.raw.next()?);
        self.is_mistyped |= view.is_none();
        view
    }

    /// Returns `true` if a value that was read cannot be decoded as `V`.
    pub(super) fn is_mistyped(&self) -> bool {
        self.is_mistyped
    }
}

impl<V: ?Sized> fmt::Debug for Values<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").finish_non_exhaustive()
    }
}

//! Where mappers and combiners put what they make.

use std::fmt;
use std::marker::PhantomData;

use super::{Datum, MapSink};
use mapreduce_core::Word;

/// Takes the keys and values of a mapper.
#[derive(Debug)]
pub struct Emitter<'a, 'b, K: ?Sized, V: ?Sized> {
    sink: &'a mut MapSink<'b>,
    /// The record at hand, and what lies behind it: most keys lie in there, and are taken faster if they do.
    around: &'a [u8],
    of: PhantomData<fn(&K, &V)>,
}

impl<'a, 'b, K: Datum + ?Sized, V: Datum + ?Sized> Emitter<'a, 'b, K, V> {
    /// For what is emitted at a record, which lies at the start of `around`.
    #[inline]
    pub(super) fn new(sink: &'a mut MapSink<'b>, around: &'a [u8]) -> Self {
        Self {
            sink,
            around,
            of: PhantomData,
        }
    }

    /// Takes a key and a value.
    #[inline]
    pub fn emit(&mut self, key: &K, value: &V) {
        self.sink.emit(key, value, self.around);
    }
}

impl Emitter<'_, '_, str, u64> {
    /// Counts a word that a tokenizer of ours found: as [`Emitter::emit`] with 1, and faster.
    #[inline]
    pub fn count(&mut self, word: Word<'_>) {
        self.sink.count(word);
    }
}

/// Takes the values that a combiner makes for the key at hand.
pub struct Combined<'a, V: ?Sized> {
    put: &'a mut dyn FnMut(&[u8]),
    bytes: Vec<u8>,
    of: PhantomData<fn(&V)>,
}

impl<'a, V: Datum + ?Sized> Combined<'a, V> {
    pub(super) fn new(put: &'a mut dyn FnMut(&[u8])) -> Self {
        Self {
            put,
            bytes: Vec::new(),
            of: PhantomData,
        }
    }

    /// Takes a value.
    pub fn emit(&mut self, value: &V) {
        if let Some(bytes) = value.as_bytes() {
            return (self.put)(bytes);
        }
        self.bytes.clear();
        value.put(&mut self.bytes);
        (self.put)(&self.bytes);
    }
}

impl<V: ?Sized> fmt::Debug for Combined<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Combined").finish_non_exhaustive()
    }
}

//! Outputs of mappers and combiners.

use std::fmt;
use std::marker::PhantomData;

use mapreduce_core::Word;

use crate::datum::{Datum, TextKey};
use crate::task::MapSink;

/// Output of a mapper: keys and values.
#[derive(Debug)]
pub struct Emitter<'a, 'b, K: ?Sized, V: ?Sized> {
    sink: &'a mut MapSink<'b>,
    /// The current record and the bytes after it. Keys that lie inside of it, like most keys, are copied faster.
    around: &'a [u8],
    of: PhantomData<fn(&K, &V)>,
}

impl<'a, 'b, K: Datum + ?Sized, V: Datum + ?Sized> Emitter<'a, 'b, K, V> {
    /// Creates the output for one record, which lies at the start of `around`.
    #[inline]
    pub(super) fn new(sink: &'a mut MapSink<'b>, around: &'a [u8]) -> Self {
        Self {
            sink,
            around,
            of: PhantomData,
        }
    }

    /// Emits a key and a value.
    #[inline]
    pub fn emit(&mut self, key: &K, value: &V) {
        self.sink.emit(key, value, self.around);
    }
}

impl<K: TextKey + ?Sized> Emitter<'_, '_, K, u64> {
    /// Emits a word of the built-in tokenizers with the value 1. This is faster than [`Emitter::emit`].
    #[inline]
    pub fn count(&mut self, word: Word<'_>) {
        self.sink.count(word);
    }
}

/// Output of a combiner: values of the current key.
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

    /// Emits a value.
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

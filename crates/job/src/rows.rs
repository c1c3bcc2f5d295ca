//! Where reducers put the rows of the result.

use std::marker::PhantomData;

use super::{Cell, Datum};
use mapreduce_core::ValueKind;
use mapreduce_shuffle::RowSink;

/// Takes the rows that a reducer makes.
#[derive(Debug)]
pub struct Rows<'a, K: ?Sized, V: ?Sized> {
    sink: &'a mut RowSink,
    /// Buffers: a row's place in the order, its key and its value as text.
    order: Vec<u8>,
    key: Vec<u8>,
    value: Vec<u8>,
    of: PhantomData<fn(&K, &V)>,
}

impl<'a, K: Datum + Cell + ?Sized, V: Cell + ?Sized> Rows<'a, K, V> {
    pub(super) fn new(sink: &'a mut RowSink) -> Self {
        Self {
            sink,
            order: Vec::new(),
            key: Vec::new(),
            value: Vec::new(),
            of: PhantomData,
        }
    }

    /// Takes a row of the main output.
    pub fn emit(&mut self, key: &K, value: &V) {
        self.emit_to(0, key, value);
    }

    /// Takes a row of an output: 0 is the main one, 1 the first of [`super::Shape::outputs`].
    ///
    /// # Panics
    /// If there is no such output.
    pub fn emit_to(&mut self, output: usize, key: &K, value: &V) {
        self.value.clear();
        value.write(&mut self.value);
        if let (Some(bytes), ValueKind::Text) = (key.as_bytes(), K::kind()) {
            return self.sink.push(output, bytes, None, &self.value);
        }
        self.order.clear();
        key.put(&mut self.order);
        self.key.clear();
        key.write(&mut self.key);
        self.sink
            .push(output, &self.order, Some(&self.key), &self.value);
    }
}

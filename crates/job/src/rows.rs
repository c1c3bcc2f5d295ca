//! Output of reducers: rows of the result.

use std::marker::PhantomData;

use mapreduce_core::ValueKind;
use mapreduce_shuffle::RowSink;

use crate::cell::Cell;
use crate::datum::Datum;

/// Output of a reducer: rows of the result.
#[derive(Debug)]
pub struct Rows<'a, K: ?Sized, V: ?Sized> {
    sink: &'a mut RowSink,
    /// Buffer for the encoded key, by which rows are sorted.
    order: Vec<u8>,
    /// Buffer of the key as text.
    key: Vec<u8>,
    /// Buffer of the value as text.
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

    /// Emits a row to the main output.
    pub fn emit(&mut self, key: &K, value: &V) {
        self.emit_to(0, key, value);
    }

    /// Emits a row to output number `output`: 0 is the main one, 1 the first of [`mapreduce_core::Shape::outputs`].
    ///
    /// # Panics
    /// If the job has no such output.
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

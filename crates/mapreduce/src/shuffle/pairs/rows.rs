//! Rows of the result, on their way to the master or to a part file.

use std::sync::atomic::AtomicBool;

use crate::shuffle::{Scratch, Section, ShuffleError, WrittenBlob};

/// How rows are kept.
#[derive(Debug, Clone)]
pub struct RowSinkOptions {
    /// Whether the result is by key: then rows are sorted by their place in the order, equal ones as they came.
    /// Otherwise all stay as they come.
    pub sorted: bool,
    /// Number of outputs, at least 1.
    pub outputs: u32,
    /// Whether parts are compressed.
    pub compress: bool,
}

/// Takes the rows that reducers make, in bounded memory.
#[derive(Debug)]
pub struct RowSink {
    _options: RowSinkOptions,
}

/// What a reducer wrote.
#[derive(Debug)]
pub struct RowsOut;

/// A row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundRow<'a> {
    /// Its place in the order.
    pub order: &'a [u8],
    /// Its key as text.
    pub key: &'a [u8],
    /// Its value as text.
    pub value: &'a [u8],
}

impl RowSink {
    /// An empty one.
    pub fn new(_scratch: &Scratch, options: RowSinkOptions) -> Self {
        Self { _options: options }
    }

    /// Takes a row of `output`: its place in the `order`, its `key` as text if that differs, its `value` as text.
    /// What goes wrong shows at the end.
    ///
    /// # Panics
    /// If there is no such output.
    pub fn push(&mut self, _output: usize, _order: &[u8], _key: Option<&[u8]>, _value: &[u8]) {
        unimplemented!()
    }

    /// All rows.
    ///
    /// # Errors
    /// Those of local files, also of rows before; [`ShuffleError::Cancelled`].
    pub fn finish(self, _cancelled: &AtomicBool) -> Result<RowsOut, ShuffleError> {
        unimplemented!()
    }
}

impl RowsOut {
    /// Number of rows in all outputs.
    pub fn rows(&self) -> u64 {
        unimplemented!()
    }

    /// As the part of `task`: a section for each output.
    ///
    /// # Errors
    /// Those of local files, and [`ShuffleError::Cancelled`].
    pub fn pack(self, _task: u32, _cancelled: &AtomicBool) -> Result<WrittenBlob, ShuffleError> {
        unimplemented!()
    }

    /// Calls `each` with every row of `output`, in order.
    ///
    /// # Errors
    /// Those of local files and of `each`, and [`ShuffleError::Cancelled`].
    pub fn each(
        &mut self,
        _output: usize,
        _cancelled: &AtomicBool,
        _each: &mut dyn FnMut(FoundRow<'_>) -> Result<(), ShuffleError>,
    ) -> Result<(), ShuffleError> {
        unimplemented!()
    }
}

/// Calls `each` with every row of `parts`, the sections of one output in the order of their partitions: merged by
/// their places in the order if `sorted`, otherwise one part behind the other. Stops when `each` answers that it
/// wants no more.
///
/// # Errors
/// Those of the parts, of `each`, and [`ShuffleError::Cancelled`].
pub fn each_row(
    _parts: &mut [Section],
    _sorted: bool,
    _cancelled: &AtomicBool,
    _each: impl FnMut(FoundRow<'_>) -> Result<bool, ShuffleError>,
) -> Result<(), ShuffleError> {
    unimplemented!()
}

//! Keys of lines, encoded so that they sort in the requested order.

use mapreduce_job::Datum;

use super::params::{FieldNumber, SortParams};
use crate::number::Number;

/// Part of a line that is its key, and its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SortKey {
    /// Position of the field, from 0. `None` if the key is the whole line.
    field: Option<usize>,
    delimiter: u8,
    is_numeric: bool,
    is_reverse: bool,
}

/// Source of a line in the reducer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineSource {
    /// The key is the line.
    Key,
    /// The line can be decoded from the key, which is inverted.
    InvertedKey,
    /// The line is the value.
    Value,
}

/// Length of a numeric key in bytes.
const NUMBER_LENGTH: usize = 16;

impl SortKey {
    pub(super) fn of(params: &SortParams) -> Self {
        Self {
            field: params.key.map(FieldNumber::index),
            delimiter: params.delimiter.0,
            is_numeric: params.numeric,
            is_reverse: params.reverse,
        }
    }

    pub(super) fn line_source(&self) -> LineSource {
        match (self.field, self.is_numeric, self.is_reverse) {
            (None, false, false) => LineSource::Key,
            (None, false, true) => LineSource::InvertedKey,
            _ => LineSource::Value,
        }
    }

    /// Replaces `key` with the key of a line.
    pub(super) fn put(&self, line: &[u8], key: &mut Vec<u8>) {
        key.clear();
        let text = match self.field {
            None => line,
            Some(field) => nth(line, self.delimiter, field),
        };
        match (self.is_numeric, self.is_reverse) {
            (true, _) => put_number(text, key),
            (false, false) => key.extend_from_slice(text),
            // The mark of its end makes a text sort after all longer texts with the same start once it is inverted.
            (false, true) => text.put_part(key),
        }
        if self.is_reverse {
            invert(key);
        }
    }

    /// Decodes the line of a key with [`LineSource::InvertedKey`].
    pub(super) fn line(key: &[u8], buffer: &mut Vec<u8>, line: &mut Vec<u8>) {
        buffer.clear();
        buffer.extend_from_slice(key);
        invert(buffer);
        line.clear();
        let text = <[u8]>::take_part(&mut &buffer[..]).unwrap_or_default();
        line.extend_from_slice(&text);
    }
}

/// Returns the field at `at`, or an empty text if the line has fewer fields.
fn nth(line: &[u8], delimiter: u8, at: usize) -> &[u8] {
    let mut rest = line;
    for _ in 0..at {
        match memchr::memchr(delimiter, rest) {
            Some(end) => rest = &rest[end + 1..],
            None => return b"",
        }
    }
    let end = memchr::memchr(delimiter, rest).unwrap_or(rest.len());
    &rest[..end]
}

/// Appends a number as 16 bytes: the nearest `f64`, and the rounding error of an integer. Text that is not a number
/// gives 16 zero bytes, which sort before all numbers.
fn put_number(text: &[u8], key: &mut Vec<u8>) {
    match Number::read(text) {
        Some(number) => {
            number.to_f64().put(key);
            number.rounding_error().put(key);
        }
        None => key.extend([0; NUMBER_LENGTH]),
    }
}

fn invert(key: &mut [u8]) {
    key.iter_mut().for_each(|byte| *byte = !*byte);
}

//! Keys of lines, encoded so that they sort in the requested order.

use mapreduce_core::JobError;
use mapreduce_job::Datum;

use super::params::{FieldNumber, SortParams};
use crate::number::{NumberFormat, put_order};

/// Part of a line that is its key, and its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SortKey {
    /// Position of the field, from 0. `None` if the key is the whole line.
    field: Option<usize>,
    delimiter: u8,
    /// Notation of numbers. `None` if the key is not a number.
    number: Option<NumberFormat>,
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

impl SortKey {
    /// # Errors
    /// The separators of numbers are not valid together, or they are set and the key is not a number.
    pub(super) fn of(params: &SortParams) -> Result<Self, JobError> {
        let format = NumberFormat::new(params.decimal, params.thousands)?;
        if !params.numeric && format != NumberFormat::default() {
            return Err(JobError::permanent(
                "the parameters decimal and thousands need a numeric key; add --param numeric=true",
            ));
        }
        Ok(Self {
            field: params.key.map(FieldNumber::index),
            delimiter: params.delimiter.0,
            number: params.numeric.then_some(format),
            is_reverse: params.reverse,
        })
    }

    pub(super) fn line_source(&self) -> LineSource {
        match (self.field, self.number, self.is_reverse) {
            (None, None, false) => LineSource::Key,
            (None, None, true) => LineSource::InvertedKey,
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
        match (&self.number, self.is_reverse) {
            (Some(format), _) => put_order(text, format, key),
            (None, false) => key.extend_from_slice(text),
            // The mark of its end makes a text sort after all longer texts with the same start once it is inverted.
            (None, true) => text.put_part(key),
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

fn invert(key: &mut [u8]) {
    key.iter_mut().for_each(|byte| *byte = !*byte);
}

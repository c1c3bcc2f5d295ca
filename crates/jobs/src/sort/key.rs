//! Keys that sort as asked.

use crate::number::Number;
use mapreduce_core::{JobError, Params};
use mapreduce_job::Datum;

/// What lines are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sorting {
    /// The field, from 0; otherwise the line.
    field: Option<usize>,
    delimiter: u8,
    is_numeric: bool,
    is_reverse: bool,
}

/// What a line and its key have to do with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Told {
    /// The key is the line.
    Line,
    /// The line can be read from the key.
    Reverse,
    /// The line goes along as the value.
    Apart,
}

/// Length of a number as a key, in bytes.
const NUMBER: usize = 16;

impl Sorting {
    pub(super) fn of(params: &Params) -> Result<Self, JobError> {
        let field: Option<usize> = match params.get("key") {
            None => None,
            Some(_) => Some(params.value("key", 1)?),
        };
        if field == Some(0) {
            return Err(JobError::hopeless(
                "the parameter key=0 must be the number of a field, from 1",
            ));
        }
        let delimiter = match params.get("delimiter").map(str::as_bytes) {
            None | Some(b"tab") => b'\t',
            Some([byte]) => *byte,
            Some(_) => {
                return Err(JobError::hopeless(
                    "the parameter delimiter must be one byte, or the word tab",
                ));
            }
        };
        params.value("unique", false)?;
        Ok(Self {
            field: field.map(|field| field - 1),
            delimiter,
            is_numeric: params.value("numeric", false)?,
            is_reverse: params.value("reverse", false)?,
        })
    }

    pub(super) fn told(&self) -> Told {
        match (self.field, self.is_numeric, self.is_reverse) {
            (None, false, false) => Told::Line,
            (None, false, true) => Told::Reverse,
            _ => Told::Apart,
        }
    }

    /// Writes the key of a line.
    pub(super) fn put(&self, line: &[u8], key: &mut Vec<u8>) {
        key.clear();
        let text = match self.field {
            None => line,
            Some(field) => nth(line, self.delimiter, field),
        };
        match (self.is_numeric, self.is_reverse) {
            (true, _) => put_number(text, key),
            (false, false) => key.extend_from_slice(text),
            // Its end is marked: turned, a text would otherwise sort below those that go on.
            (false, true) => text.put_part(key),
        }
        if self.is_reverse {
            turn(key);
        }
    }

    /// The line that a key with [`Told::Reverse`] is of.
    pub(super) fn line(key: &[u8], buffer: &mut Vec<u8>, line: &mut Vec<u8>) {
        buffer.clear();
        buffer.extend_from_slice(key);
        turn(buffer);
        line.clear();
        let text = <[u8]>::take_part(&mut &buffer[..]).unwrap_or_default();
        line.extend_from_slice(&text);
    }
}

/// The field at `at`; nothing if there are not so many.
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

/// A number as 16 bytes: the nearest `f64`, and what an integer is beside it. What is no number is 0 in all of them,
/// which no number is.
fn put_number(text: &[u8], key: &mut Vec<u8>) {
    match Number::read(text) {
        Some(number) => {
            number.to_f64().put(key);
            number.rest().put(key);
        }
        None => key.extend([0; NUMBER]),
    }
}

fn turn(key: &mut [u8]) {
    key.iter_mut().for_each(|byte| *byte = !*byte);
}

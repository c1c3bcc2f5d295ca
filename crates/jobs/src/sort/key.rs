//! Keys of records, encoded so that they sort in the requested order.

use mapreduce_core::column_names::{find_column, join_list};
use mapreduce_core::{JobError, Record};
use mapreduce_job::Datum;

use super::order::{TextOrder, invert};
use super::params::{KeySet, SortParams};
use crate::bound_columns::required_column;
use crate::number::NumberFormat;

/// Key of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SortKey {
    parts: Vec<KeyPart>,
    /// Delimiter of the fields of a line; `None` for the cells of a table.
    delimiter: Option<u8>,
}

/// Part of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct KeyPart {
    /// Position of the column in the result, or of the field in a line, from 0. `None` is the whole line.
    position: Option<usize>,
    order: TextOrder,
    is_reverse: bool,
}

/// Source of a line in the reducer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RecordSource {
    /// The key is the line.
    Key,
    /// The key is the inverted line, from which the line can be decoded.
    InvertedKey,
    /// The record is the value.
    Value,
}

impl SortKey {
    /// Returns the key of lines.
    ///
    /// # Errors
    /// The parameter `key` contains something other than field numbers.
    pub(super) fn of_lines(params: &SortParams) -> Result<Self, JobError> {
        let format = params.check()?;
        let parts = params.key.iter().map(|key| {
            let number = key.parse::<usize>().ok();
            let position = number.and_then(|number| number.checked_sub(1));
            let position = position.ok_or_else(|| {
                JobError::permanent(format!(
                    "the parameter key={key} is not the number of a field, from 1; text has no names of columns, so set \
                     input.format if the input is a table"
                ))
            })?;
            Ok(KeyPart::new(params, format, key, Some(position)))
        });
        let mut parts = parts.collect::<Result<Vec<_>, JobError>>()?;
        if parts.is_empty() {
            parts.push(KeyPart::new(params, format, "", None));
        }
        Ok(Self {
            parts,
            delimiter: Some(params.delimiter.0),
        })
    }

    /// Returns the key of the rows of a table with these columns.
    ///
    /// # Errors
    /// The table lacks a column.
    pub(super) fn of_table(params: &SortParams, columns: &[String]) -> Result<Self, JobError> {
        let format = params.check()?;
        let named = params.key.iter().map(|key| {
            let position = required_column(columns, key, "input", "parameter key")?;
            Ok(KeyPart::new(params, format, key, Some(position)))
        });
        let mut parts = named.collect::<Result<Vec<_>, JobError>>()?;
        if parts.is_empty() {
            let all = 0..columns.len();
            parts.extend(all.map(|position| KeyPart::new(params, format, "", Some(position))));
        }
        Ok(Self {
            parts,
            delimiter: None,
        })
    }

    pub(super) fn record_source(&self) -> RecordSource {
        match self.parts[..] {
            [
                KeyPart {
                    position: None,
                    order: TextOrder::Bytes,
                    is_reverse,
                },
            ] => match is_reverse {
                false => RecordSource::Key,
                true => RecordSource::InvertedKey,
            },
            _ => RecordSource::Value,
        }
    }

    /// Replaces `key` with the key of a line.
    pub(super) fn put_line(&self, line: &[u8], key: &mut Vec<u8>) {
        self.put(key, |position| match (position, self.delimiter) {
            (Some(position), Some(delimiter)) => nth(line, delimiter, position),
            _ => line,
        });
    }

    /// Replaces `key` with the key of a row. `fields` contains, for each column of the result, its index in the record.
    pub(super) fn put_row(&self, record: &Record<'_>, fields: &[Option<usize>], key: &mut Vec<u8>) {
        self.put(key, |position| {
            let field = position.and_then(|position| fields.get(position).copied().flatten());
            field
                .and_then(|field| record.field(field))
                .unwrap_or_default()
        });
    }

    fn put<'a>(&self, key: &mut Vec<u8>, text: impl Fn(Option<usize>) -> &'a [u8]) {
        key.clear();
        if let [only] = &self.parts[..]
            && (only.order, only.is_reverse) == (TextOrder::Bytes, false)
        {
            // A single text needs no mark of its end.
            return key.extend_from_slice(text(only.position));
        }
        for part in &self.parts {
            part.order.put(text(part.position), part.is_reverse, key);
        }
    }

    /// Decodes the line of a key with [`RecordSource::InvertedKey`].
    pub(super) fn line(key: &[u8], buffer: &mut Vec<u8>, line: &mut Vec<u8>) {
        buffer.clear();
        buffer.extend_from_slice(key);
        invert(buffer);
        line.clear();
        let text = <[u8]>::take_part(&mut &buffer[..]).unwrap_or_default();
        line.extend_from_slice(&text);
    }
}

impl KeyPart {
    fn new(params: &SortParams, format: NumberFormat, key: &str, position: Option<usize>) -> Self {
        let ignore_case = params.ignore_case.contains(key);
        let order = if params.numeric.contains(key) {
            TextOrder::Numeric(format)
        } else if params.version.contains(key) {
            TextOrder::Version { ignore_case }
        } else if ignore_case {
            TextOrder::IgnoreCase
        } else {
            TextOrder::Bytes
        };
        Self {
            position,
            order,
            is_reverse: params.reverse.contains(key),
        }
    }
}

/// Returns the names of the columns that a list of keys names, as text for a parameter. The result refers to the same
/// columns in every file, while numbers would not.
pub(super) fn bound_keys(keys: &[String], columns: &[String]) -> String {
    let name = |key: &String| find_column(columns, key).map(|position| columns[position].clone());
    join_list(&keys.iter().filter_map(name).collect::<Vec<_>>())
}

/// Returns the text of an option after [`bound_keys`].
pub(super) fn bound_key_set(keys: &KeySet, columns: &[String]) -> Option<String> {
    match keys {
        KeySet::Named(names) => Some(bound_keys(names, columns)),
        KeySet::None | KeySet::All => None,
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

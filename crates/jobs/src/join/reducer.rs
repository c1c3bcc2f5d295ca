//! Reducer of the job `join`.

use std::collections::HashSet;

use mapreduce_core::JobError;
use mapreduce_job::{JobParams, Reducer, Rows, TaskContext, Values};

use super::params::{JoinKind, JoinParams};
use super::record::{LEFT, Value, corrupt};
use crate::result_cells::JsonText;

/// Keeps the left records of a key in memory, and joins each right record with all of them.
#[derive(Debug)]
pub(super) struct JoinReducer {
    kind: JoinKind,
    max_left_bytes: usize,
    /// Distinct headers of the left input so far. Its files may have different headers.
    headers: Vec<Header>,
    /// Left records of the current key.
    left: Vec<LeftRecord>,
}

/// Header of a file of the left input.
#[derive(Debug)]
struct Header {
    /// Encoded header, as values contain it.
    bytes: Vec<u8>,
    /// Column names in the result.
    names: Vec<String>,
    /// Encoded header and column names of the last right record that was joined with this header.
    right: Option<(Vec<u8>, Vec<String>)>,
}

/// Left record in memory.
#[derive(Debug)]
struct LeftRecord {
    /// Position of its header in `headers`.
    header: usize,
    /// Columns as the members of a JSON object, without braces.
    text: Box<[u8]>,
}

impl Reducer for JoinReducer {
    type Key = [u8];
    type Value = [u8];
    type OutKey = [u8];
    type OutValue = JsonText;

    fn setup(&mut self, context: &TaskContext) -> Result<(), JobError> {
        self.kind = JoinParams::read(&context.params)?.kind;
        Ok(())
    }

    fn reduce(
        &mut self,
        key: &[u8],
        values: &mut Values<'_, [u8]>,
        out: &mut Rows<'_, [u8], JsonText>,
    ) -> Result<(), JobError> {
        self.left.clear();
        let mut bytes_held = 0;
        let mut has_partner = false;
        while let Some(value) = values.next() {
            let value = Value::of(value)?;
            match value.side {
                LEFT if has_partner => return Err(corrupt()),
                // Records with an empty key have no partner. There may be very many, so they are not kept in memory.
                LEFT if key.is_empty() => {
                    let record = self.left_record(&value)?;
                    out.emit(key, &object(&record.text, b""));
                }
                LEFT => {
                    let record = self.left_record(&value)?;
                    bytes_held += record.text.len() + size_of::<LeftRecord>();
                    self.left.push(record);
                    if bytes_held > self.max_left_bytes {
                        return Err(too_many(key, self.max_left_bytes));
                    }
                }
                _ if self.left.is_empty() => return Ok(()),
                _ => {
                    has_partner = true;
                    self.emit_pairs(key, &value, out)?;
                }
            }
        }
        if self.kind == JoinKind::Left && !has_partner {
            for left in &self.left {
                out.emit(key, &object(&left.text, b""));
            }
        }
        Ok(())
    }
}

impl JoinReducer {
    pub(super) fn new(max_left_bytes: usize) -> Self {
        Self {
            kind: JoinKind::Inner,
            max_left_bytes,
            headers: Vec::new(),
            left: Vec::new(),
        }
    }

    /// Converts a left record to the form that is kept in memory.
    fn left_record(&mut self, value: &Value<'_>) -> Result<LeftRecord, JobError> {
        let known = self.headers.iter().position(|h| h.bytes == value.header);
        let header = if let Some(header) = known {
            header
        } else {
            self.headers.push(Header {
                bytes: value.header.to_vec(),
                names: unique_names(value.columns()?, &[], "left."),
                right: None,
            });
            self.headers.len() - 1
        };
        let mut text = Vec::new();
        value.write(&self.headers[header].names, &mut text)?;
        let text = text.into_boxed_slice();
        Ok(LeftRecord { header, text })
    }

    /// Emits the pairs of a right record with all left records.
    fn emit_pairs(
        &mut self,
        key: &[u8],
        value: &Value<'_>,
        out: &mut Rows<'_, [u8], JsonText>,
    ) -> Result<(), JobError> {
        let mut right = Vec::new();
        let mut written_for = None;
        for left in &self.left {
            if written_for != Some(left.header) {
                right.clear();
                value.write(self.headers[left.header].right_names(value)?, &mut right)?;
                written_for = Some(left.header);
            }
            out.emit(key, &object(&left.text, &right));
        }
        Ok(())
    }
}

impl Header {
    /// Returns the column names of a right record in the result.
    fn right_names(&mut self, value: &Value<'_>) -> Result<&[String], JobError> {
        let known = self.right.take();
        let right = if let Some(known) = known.filter(|(header, _)| header == value.header) {
            known
        } else {
            let names = unique_names(value.columns()?, &self.names, "right.");
            (value.header.to_vec(), names)
        };
        Ok(&self.right.insert(right).1)
    }
}

/// Returns distinct names for `columns` that also differ from the names `taken`. A repeated name gets `prefix`, several
/// times if necessary.
fn unique_names(columns: Vec<String>, taken: &[String], prefix: &str) -> Vec<String> {
    let mut taken: HashSet<String> = taken.iter().cloned().collect();
    let mut names = Vec::new();
    for mut name in columns {
        while !taken.insert(name.clone()) {
            name.insert_str(0, prefix);
        }
        names.push(name);
    }
    names
}

/// Returns a JSON object with the members of `left` and `right`.
fn object(left: &[u8], right: &[u8]) -> JsonText {
    let mut text = vec![b'{'];
    text.extend_from_slice(left);
    if !left.is_empty() && !right.is_empty() {
        text.push(b',');
    }
    text.extend_from_slice(right);
    text.push(b'}');
    JsonText(text)
}

#[cold]
fn too_many(key: &[u8], max_left_bytes: usize) -> JobError {
    let key = String::from_utf8_lossy(&key[..key.len().min(60)]);
    JobError::permanent(format!(
        "the key {key:?} has more than {} MiB of records in the first input; put the input with fewer records per key \
         first in job.input, or remove the key",
        max_left_bytes >> 20
    ))
}

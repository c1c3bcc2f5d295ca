//! Encoding of a record between mapper and reducer: its side, its column names and its cells.

use mapreduce_core::JobError;
use mapreduce_job::Datum;

use crate::number::put_json;

/// Side of the first input.
pub(super) const LEFT: u8 = 0;
/// Side of the second input.
pub(super) const RIGHT: u8 = 1;

/// Returns the start of each encoded record of a file: the side, the length of the names, and the names.
pub(super) fn start(side: u8, columns: &[String]) -> Vec<u8> {
    let mut names = Vec::new();
    columns.iter().for_each(|name| name.put_part(&mut names));
    let mut start = vec![side];
    start.extend((names.len() as u32).to_be_bytes());
    start.extend(names);
    start
}

/// Appends a cell, or the mark of a missing cell.
pub(super) fn put_cell(cell: Option<&[u8]>, into: &mut Vec<u8>) {
    into.push(u8::from(cell.is_some()));
    if let Some(cell) = cell {
        cell.put_part(into);
    }
}

/// Encoded record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value<'a> {
    pub(super) side: u8,
    /// Encoded names of the columns.
    pub(super) header: &'a [u8],
    cells: &'a [u8],
}

impl<'a> Value<'a> {
    /// Decodes what [`start`] and [`put_cell`] wrote.
    pub(super) fn of(bytes: &'a [u8]) -> Result<Self, JobError> {
        let (side, bytes) = bytes.split_first().ok_or_else(corrupt)?;
        let (len, bytes) = bytes.split_first_chunk().ok_or_else(corrupt)?;
        let split = bytes.split_at_checked(u32::from_be_bytes(*len) as usize);
        let (header, cells) = split.ok_or_else(corrupt)?;
        Ok(Self {
            side: *side,
            header,
            cells,
        })
    }

    /// Returns the names of the columns.
    pub(super) fn columns(&self) -> Result<Vec<String>, JobError> {
        let (mut names, mut rest) = (Vec::new(), self.header);
        while !rest.is_empty() {
            let name = str::take_part(&mut rest).ok_or_else(corrupt)?;
            names.push(name.into_owned());
        }
        Ok(names)
    }

    /// Appends the cells as the members of a JSON object with these names, without braces.
    pub(super) fn write(&self, names: &[String], into: &mut Vec<u8>) -> Result<(), JobError> {
        let mut rest = self.cells;
        for (at, name) in names.iter().enumerate() {
            if at > 0 {
                into.push(b',');
            }
            put_json(into, name);
            into.push(b':');
            let (is_present, cell) = rest.split_first().ok_or_else(corrupt)?;
            rest = cell;
            if *is_present == 0 {
                into.extend_from_slice(b"null");
                continue;
            }
            let cell = <[u8]>::take_part(&mut rest).ok_or_else(corrupt)?;
            put_json(into, &*String::from_utf8_lossy(&cell));
        }
        Ok(())
    }
}

#[cold]
pub(super) fn corrupt() -> JobError {
    JobError::permanent(
        "another version wrote this record; run master and workers of the same version",
    )
}

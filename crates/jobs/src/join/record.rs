//! A record on its way to the reducer: its side, the names of its columns, its cells.

use mapreduce_core::JobError;
use mapreduce_job::Datum;

use crate::number::put_json;

pub(super) const LEFT: u8 = 0;
pub(super) const RIGHT: u8 = 1;

/// What all records of a file start with: the side, the length of the names, the names.
pub(super) fn start(side: u8, columns: &[String]) -> Vec<u8> {
    let mut names = Vec::new();
    columns.iter().for_each(|name| name.put_part(&mut names));
    let mut start = vec![side];
    start.extend((names.len() as u32).to_be_bytes());
    start.extend(names);
    start
}

/// Appends a cell, or that there is none.
pub(super) fn put_cell(cell: Option<&[u8]>, into: &mut Vec<u8>) {
    into.push(u8::from(cell.is_some()));
    if let Some(cell) = cell {
        cell.put_part(into);
    }
}

/// A record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value<'a> {
    pub(super) side: u8,
    /// The names of the columns, as bytes that can be compared.
    pub(super) header: &'a [u8],
    cells: &'a [u8],
}

impl<'a> Value<'a> {
    /// What [`start`] and [`put_cell`] wrote.
    pub(super) fn of(bytes: &'a [u8]) -> Result<Self, JobError> {
        let (side, bytes) = bytes.split_first().ok_or_else(broken)?;
        let (len, bytes) = bytes.split_first_chunk().ok_or_else(broken)?;
        let split = bytes.split_at_checked(u32::from_be_bytes(*len) as usize);
        let (header, cells) = split.ok_or_else(broken)?;
        Ok(Self {
            side: *side,
            header,
            cells,
        })
    }

    /// The names of its columns.
    pub(super) fn columns(&self) -> Result<Vec<String>, JobError> {
        let (mut names, mut rest) = (Vec::new(), self.header);
        while !rest.is_empty() {
            let name = str::take_part(&mut rest).ok_or_else(broken)?;
            names.push(name.into_owned());
        }
        Ok(names)
    }

    /// Writes its cells, by these names, as what is inside of a JSON object.
    pub(super) fn write(&self, names: &[String], into: &mut Vec<u8>) -> Result<(), JobError> {
        let mut rest = self.cells;
        for (at, name) in names.iter().enumerate() {
            if at > 0 {
                into.push(b',');
            }
            put_json(into, name);
            into.push(b':');
            let (is_there, cell) = rest.split_first().ok_or_else(broken)?;
            rest = cell;
            match is_there {
                0 => into.extend_from_slice(b"null"),
                _ => put_json(into, &*str::take_part(&mut rest).ok_or_else(broken)?),
            }
        }
        Ok(())
    }
}

#[cold]
pub(super) fn broken() -> JobError {
    JobError::hopeless(
        "records to be joined do not come as this version gives them; run master and workers of the same version",
    )
}

//! Columns of a result that is a table.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

/// Columns of a result that is a table, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Schema(Vec<ResultColumn>);

/// Column of a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultColumn {
    /// Name of the column.
    pub name: String,
    /// Type of its cells.
    #[serde(rename = "type")]
    pub cell_type: CellType,
}

/// Type of the cells of a column. A cell of any type may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CellType {
    /// Text.
    Text,
    /// An integer in decimal digits.
    Integer,
    /// A 64-bit floating-point number as JSON text.
    Float,
    /// An integer, a decimal or a floating-point number as JSON text, with all of its digits.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A JSON value in one line.
    Json,
}

impl Schema {
    /// Returns the schema with these columns.
    pub fn new<N: Into<String>>(columns: impl IntoIterator<Item = (N, CellType)>) -> Self {
        let column = |(name, cell_type): (N, CellType)| ResultColumn {
            name: name.into(),
            cell_type,
        };
        Self(columns.into_iter().map(column).collect())
    }

    /// Returns a schema of text columns with these names.
    pub fn of_text<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Self {
        Self::new(names.into_iter().map(|name| (name, CellType::Text)))
    }

    /// Returns the columns in order.
    pub fn columns(&self) -> &[ResultColumn] {
        &self.0
    }

    /// Returns the names of the columns.
    pub fn names(&self) -> Vec<String> {
        self.0.iter().map(|column| column.name.clone()).collect()
    }

    /// Returns the names of the columns, made distinct by [`distinct_names`].
    pub fn distinct_names(&self) -> Vec<String> {
        distinct_names(&self.names())
    }
}

/// Returns column names with a number after each that an earlier column has too: `n`, `n_2`.
pub fn distinct_names(names: &[String]) -> Vec<String> {
    let taken: HashSet<&str> = names.iter().map(|name| &**name).collect();
    let mut distinct: Vec<String> = Vec::with_capacity(names.len());
    let mut seen = HashSet::new();
    for name in names {
        if seen.insert(&**name) {
            distinct.push(name.clone());
            continue;
        }
        let numbered = (2u64..).map(|number| format!("{name}_{number}"));
        let mut free = numbered.filter(|name| !taken.contains(&**name) && !distinct.contains(name));
        distinct.extend(free.next());
    }
    distinct
}

/// Returns the columns of each input: those of all its files, in the order of their first occurrence.
///
/// `files` has the number of the input and the columns of each file. There are `inputs` inputs.
pub fn columns_by_input(
    files: impl IntoIterator<Item = (u16, Vec<String>)>,
    inputs: usize,
) -> Vec<Vec<String>> {
    let mut known = vec![HashSet::new(); inputs];
    let mut columns = vec![Vec::new(); inputs];
    for (input, names) in files {
        let input = usize::from(input);
        for name in names {
            if known[input].insert(name.clone()) {
                columns[input].push(name);
            }
        }
    }
    columns
}

/// Appends a cell of a row; `None` is a missing cell.
///
/// | bytes | content                                            |
/// |-------|----------------------------------------------------|
/// | 1–10  | length of the text plus 1 as LEB128; 0 if missing  |
/// | …     | text of the cell                                   |
#[inline]
pub fn put_cell(into: &mut Vec<u8>, cell: Option<&[u8]>) {
    let Some(cell) = cell else {
        return into.push(0);
    };
    let mut number = cell.len() + 1;
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
    into.extend_from_slice(cell);
}

/// Cells of a row that [`put_cell`] wrote. The iterator ends before a cell that is cut off.
#[derive(Debug, Clone, Copy)]
pub struct Cells<'a>(&'a [u8]);

impl<'a> Cells<'a> {
    /// Returns the cells of an encoded row.
    pub fn of(row: &'a [u8]) -> Self {
        Self(row)
    }

    /// Returns the encoded cells that follow.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }
}

impl<'a> Iterator for Cells<'a> {
    type Item = Option<&'a [u8]>;

    #[inline]
    fn next(&mut self) -> Option<Option<&'a [u8]>> {
        let mut length = 0usize;
        for (nth, byte) in self.0.iter().enumerate().take(size_of::<usize>()) {
            length |= usize::from(byte & 0x7f) << (7 * nth);
            if byte & 0x80 != 0 {
                continue;
            }
            let rest = &self.0[nth + 1..];
            let Some(length) = length.checked_sub(1) else {
                self.0 = rest;
                return Some(None);
            };
            let (cell, rest) = rest.split_at_checked(length)?;
            self.0 = rest;
            return Some(Some(cell));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_of_any_length_are_read_back() {
        let long = vec![b'x'; 70_000];
        let cells = [
            Some(&b""[..]),
            None,
            Some(b"a\0\n"),
            Some(&long),
            Some(&long[..127]),
        ];
        let mut row = Vec::new();
        cells.iter().for_each(|cell| put_cell(&mut row, *cell));
        assert_eq!(Cells::of(&row).collect::<Vec<_>>(), cells);
        assert_eq!(Cells::of(&row[..row.len() - 1]).count(), 4);
        assert_eq!(Cells::of(&[0xff; 12]).count(), 0);
    }

    #[test]
    fn repeated_names_get_numbers() {
        let schema = Schema::of_text(["a", "b", "a", "a_2", "a"]);
        assert_eq!(schema.distinct_names(), ["a", "b", "a_3", "a_2", "a_4"]);
    }
}

//! Keys made of the cells of one or several columns.

use mapreduce_core::column_names::join_list;
use mapreduce_core::{Params, Record};
use mapreduce_job::Datum;

use crate::row_cells::RowCells;

/// Appends the key of a record, which consists of its first `columns` cells. A missing cell counts as empty.
///
/// A single cell is the key itself. Several cells are encoded so that keys sort by the first cell, then by the second,
/// and so on.
pub(super) fn put_key(record: &Record<'_>, columns: usize, into: &mut Vec<u8>) {
    let cell = |at| record.field(at).unwrap_or_default();
    match columns {
        0 | 1 => into.extend_from_slice(cell(0)),
        _ => (0..columns).for_each(|at| cell(at).put_part(into)),
    }
}

/// Appends the cells of a key that [`put_key`] wrote.
pub(super) fn push_key(mut key: &[u8], columns: usize, row: &mut RowCells) {
    match columns {
        0 | 1 => row.push(key),
        _ => (0..columns).for_each(|_| row.push(&<[u8]>::take_part(&mut key).unwrap_or_default())),
    }
}

/// Returns the name of a column in the result: a JSON pointer without its first slash.
pub(super) fn result_name(column: &str) -> String {
    column.strip_prefix('/').unwrap_or(column).to_owned()
}

/// Returns the names in the input of the columns that a job requests of every file by name or number. `columns` has the
/// columns that the readers return for them, for each input. Returns `None` if the files have different names for them.
pub(super) fn actual_names(requested: &[String], columns: &[Vec<String>]) -> Option<Vec<String>> {
    let mut inputs = columns.iter().filter(|columns| !columns.is_empty());
    let actual = inputs.next()?;
    let is_same = inputs.all(|columns| columns == actual) && actual.len() == requested.len();
    is_same.then(|| actual.clone())
}

/// Replaces column numbers and padded names in the `lists` of names among the parameters by [`actual_names`].
pub(super) fn with_actual_names(
    params: &Params,
    lists: &[&str],
    requested: &[String],
    columns: &[Vec<String>],
) -> Option<Params> {
    let actual = actual_names(requested, columns)?;
    let mut bound = params.clone();
    for list in lists {
        let names = params.list(list).into_iter().map(|name| {
            let position = requested.iter().position(|other| *other == name);
            position.map_or(name, |position| actual[position].clone())
        });
        let names: Vec<_> = names.collect();
        if !names.is_empty() {
            bound.set(list, join_list(&names));
        }
    }
    Some(bound)
}

/// Returns the distinct names in `lists`, in the order of their first occurrence.
pub(super) fn distinct_names<'a>(lists: impl IntoIterator<Item = &'a Vec<String>>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in lists.into_iter().flatten() {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use mapreduce_core::Cells;

    use super::*;

    #[test]
    fn keys_of_several_cells_sort_by_each_cell_and_are_read_back() {
        let key = |cells: &str| {
            let comma = cells.find(',').unwrap();
            let fields = [0..comma, comma + 1..cells.len()];
            let mut key = Vec::new();
            let record = Record::from(cells.as_bytes()).with_fields(&fields);
            put_key(&record, 2, &mut key);
            key
        };
        assert!(key("a,z") < key("ab,a"));
        assert!(key("a\0,z") > key("a,z"));
        let mut row = RowCells::default();
        push_key(&key("a\"\0,"), 2, &mut row);
        let cells: Vec<_> = Cells::of(&row.0).collect();
        assert_eq!(cells, [Some(&b"a\"\0"[..]), Some(b"")]);
    }
}

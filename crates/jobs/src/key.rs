//! Keys made of the cells of one or several columns.

use mapreduce_core::Record;
use mapreduce_job::Datum;

use crate::number::put_json;

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

/// Appends a key as text. A single cell is written unchanged. Several are written as a JSON list, because a cell may
/// contain any delimiter.
pub(super) fn write_key(mut key: &[u8], columns: usize, into: &mut Vec<u8>) {
    if columns < 2 {
        return into.extend_from_slice(key);
    }
    into.push(b'[');
    for at in 0..columns {
        if at > 0 {
            into.push(b',');
        }
        let cell = <[u8]>::take_part(&mut key).unwrap_or_default();
        put_json(into, &String::from_utf8_lossy(&cell));
    }
    into.push(b']');
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
    use super::*;

    #[test]
    fn keys_of_several_cells_sort_by_each_cell_and_are_written_as_a_list() {
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
        let mut text = Vec::new();
        write_key(&key("a\"\0,"), 2, &mut text);
        assert_eq!(text, br#"["a\"\u0000",""]"#);
    }
}

//! Keys out of the cells of one or several columns.

use mapreduce_core::Record;
use mapreduce_job::Datum;

use super::number::put_json;

/// Writes the key of a record: its first `columns` cells. A cell that is missing is empty.
///
/// One cell is a key as it is, several are so that keys sort by the first, then the second, and so on.
pub(super) fn put_key(record: &Record<'_>, columns: usize, into: &mut Vec<u8>) {
    let cell = |at| record.field(at).unwrap_or_default();
    match columns {
        0 | 1 => into.extend_from_slice(cell(0)),
        _ => (0..columns).for_each(|at| cell(at).put_part(into)),
    }
}

/// Writes a key as text: one cell as it is, several as a JSON list, since a cell may hold any delimiter.
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

/// The names in `lists`, each once, in the order they first come: what a job asks the reader for.
pub(super) fn names<'a>(lists: impl IntoIterator<Item = &'a Vec<String>>) -> Vec<String> {
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
    fn several_cells_sort_one_after_the_other_and_are_told_as_a_list() {
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

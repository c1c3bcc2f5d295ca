//! The value of a record, whose distinct values are counted.

use mapreduce_core::Record;

use crate::key::put_key;

/// Returns the value of a record: its first `columns` cells, encoded in `buffer` if there are several.
pub(super) fn value<'a>(
    record: &'a Record<'_>,
    columns: usize,
    buffer: &'a mut Vec<u8>,
) -> &'a [u8] {
    if columns < 2 {
        return record.field(0).unwrap_or_default();
    }
    buffer.clear();
    put_key(record, columns, buffer);
    buffer
}

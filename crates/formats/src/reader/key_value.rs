//! Lines with a key and a value.

use std::ops::Range;

use memchr::memchr;

use mapreduce_core::Column;
use mapreduce_core::Record;
use mapreduce_core::record::MISSING_FIELD;

/// Splits lines at the first delimiter into key and value. A line without a delimiter is a key without a value.
#[derive(Debug)]
pub(super) struct KeyValue {
    delimiter: u8,
    /// Selected fields in the order of selection: 0 is the key, 1 the value.
    wanted: Vec<usize>,
    fields: Vec<Range<usize>>,
}

impl KeyValue {
    /// Creates a splitter that selects `columns`; an empty slice selects key and value.
    pub(super) fn new(delimiter: u8, columns: &[Column]) -> Self {
        let wanted = columns.iter().map(|column| column.index as usize).collect();
        Self {
            delimiter,
            wanted: if columns.is_empty() {
                vec![0, 1]
            } else {
                wanted
            },
            fields: Vec::new(),
        }
    }

    /// Returns the line with its fields.
    pub(super) fn line<'a>(&'a mut self, line: Record<'a>) -> Record<'a> {
        let all = line.bytes().len();
        let both = match memchr(self.delimiter, line.bytes()) {
            Some(at) => [0..at, at + 1..all],
            None => [0..all, MISSING_FIELD],
        };
        self.fields.clear();
        let field = |wanted: &usize| both.get(*wanted).cloned().unwrap_or(MISSING_FIELD);
        self.fields.extend(self.wanted.iter().map(field));
        line.with_fields(&self.fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_delimiter_ends_the_key() {
        let column = |index, name: &str| Column {
            index,
            name: name.into(),
        };
        let mut both = KeyValue::new(b'\t', &[]);
        let mut turned = KeyValue::new(b'\t', &[column(1, "value"), column(0, "key")]);
        for (line, key, value) in [
            ("k\tv\tw", "k", Some("v\tw")),
            ("\tv", "", Some("v")),
            ("k\t", "k", Some("")),
            ("no value", "no value", None),
            ("", "", None),
        ] {
            let (key, value) = (Some(key.as_bytes()), value.map(str::as_bytes));
            let record = both.line(Record::from(line.as_bytes()));
            assert_eq!((record.field(0), record.field(1)), (key, value));
            assert_eq!((record.bytes(), record.field_count()), (line.as_bytes(), 2));
            let record = turned.line(Record::from(line.as_bytes()));
            assert_eq!((record.field(1), record.field(0)), (key, value));
        }
    }
}

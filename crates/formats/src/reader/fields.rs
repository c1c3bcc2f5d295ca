//! Records that are assembled from fields.

use std::ops::Range;

use mapreduce_core::Record;
use mapreduce_core::record::MISSING_FIELD;

/// Tab-separated fields of a record, with their ranges.
#[derive(Debug, Default)]
pub(super) struct Fields {
    text: Vec<u8>,
    ranges: Vec<Range<usize>>,
}

impl Fields {
    /// Removes all fields.
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ranges.clear();
    }

    /// Adds a field. `put` appends its text.
    pub(super) fn push(&mut self, put: impl FnOnce(&mut Vec<u8>)) {
        self.separate();
        let start = self.text.len();
        put(&mut self.text);
        self.ranges.push(start..self.text.len());
    }

    /// Adds a missing field.
    pub(super) fn absent(&mut self) {
        self.separate();
        self.ranges.push(MISSING_FIELD);
    }

    /// Returns `true` if all fields are missing.
    #[cfg(feature = "parquet")]
    pub(super) fn all_absent(&self) -> bool {
        self.ranges.iter().all(|range| *range == MISSING_FIELD)
    }

    fn separate(&mut self) {
        if !self.ranges.is_empty() {
            self.text.push(b'\t');
        }
    }

    /// Copies the fields at `ranges` of `bytes` and replaces invalid UTF-8. Returns the number of invalid sequences.
    ///
    /// An invalid sequence never spans two fields, because the bytes between fields are ASCII.
    #[cold]
    pub(super) fn repair(&mut self, bytes: &[u8], ranges: &[Range<usize>]) -> u64 {
        self.clear();
        let (mut at, mut invalid) = (0, 0);
        // Copies in the order of the bytes, which may differ from the order of the fields.
        let mut order: Vec<usize> = (0..ranges.len()).collect();
        order.sort_by_key(|field| ranges[*field].start);
        self.ranges.resize(ranges.len(), MISSING_FIELD);
        for field in order {
            let range = ranges[field].clone();
            if range == MISSING_FIELD {
                continue;
            }
            if range.start < at {
                // This field has the range of the previous one, which set it already.
                continue;
            }
            invalid += repair(&bytes[at..range.start], &mut self.text);
            let start = self.text.len();
            invalid += repair(&bytes[range.clone()], &mut self.text);
            let repaired = start..self.text.len();
            at = range.end;
            let same = ranges
                .iter()
                .enumerate()
                .filter(|(_, other)| **other == range);
            same.for_each(|(same, _)| self.ranges[same] = repaired.clone());
        }
        invalid + repair(&bytes[at..], &mut self.text)
    }

    /// Returns the assembled record for `offset` and `line`. A single present field becomes the whole record.
    pub(super) fn record(&self, offset: u64, line: u64) -> Record<'_> {
        let whole = Record::within(&self.text, 0..self.text.len(), offset).with_line(line);
        match &self.ranges[..] {
            [only] if *only != MISSING_FIELD => whole,
            ranges => whole.with_fields(ranges),
        }
    }

    /// Returns the assembled record with the offset and line of `record`.
    pub(super) fn in_place_of(&self, record: &Record<'_>) -> Record<'_> {
        self.record(record.offset(), record.line().unwrap_or(0))
    }
}

/// Returns the number of invalid UTF-8 sequences in `bytes`.
#[cold]
pub(super) fn invalid_sequences(bytes: &[u8]) -> u64 {
    let chunks = bytes.utf8_chunks();
    chunks.filter(|chunk| !chunk.invalid().is_empty()).count() as u64
}

/// Appends `bytes` to `into` and replaces each invalid sequence. Returns the number of invalid sequences.
pub(super) fn repair(bytes: &[u8], into: &mut Vec<u8>) -> u64 {
    let mut invalid = 0;
    for chunk in bytes.utf8_chunks() {
        into.extend_from_slice(chunk.valid().as_bytes());
        if !chunk.invalid().is_empty() {
            into.extend_from_slice("\u{fffd}".as_bytes());
            invalid += 1;
        }
    }
    invalid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repaired_fields_keep_their_order() {
        let mut fields = Fields::default();
        let bytes = b"a\xff=\xffb\xff";
        let ranges = [3..6, 0..2, MISSING_FIELD, 0..2];
        assert_eq!(fields.repair(bytes, &ranges), 3);
        let record = fields.record(7, 0);
        assert_eq!(record.text(), "a\u{fffd}=\u{fffd}b\u{fffd}");
        let texts: Vec<_> = (0..4)
            .map(|at| record.field(at).map(|f| str::from_utf8(f).unwrap()))
            .collect();
        let key = Some("a\u{fffd}");
        assert_eq!(texts, [Some("\u{fffd}b\u{fffd}"), key, None, key]);
    }
}

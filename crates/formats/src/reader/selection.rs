//! Selection of some records of a split, to search for bad records and to skip them.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mapreduce_core::Record;

/// Length of the stored excerpt of a record, in bytes. It suffices to recognize the record.
const EXCERPT: usize = 1000;

/// Selection of records by offset. Other records are read and counted, but not mapped.
#[derive(Debug)]
pub struct Selection {
    range: Range<u64>,
    without: Arc<BTreeSet<u64>>,
    selected: Mutex<Selected>,
}

/// Records that a [`Selection`] passed on so far.
#[derive(Debug, Clone, Default)]
pub struct Selected {
    /// First selected record.
    pub first: Option<RecordExcerpt>,
    /// Offset of the last selected record; 0 before the first.
    pub last: u64,
    /// Number of skipped records.
    pub skipped: u64,
    /// True if the reader passed the end of the range.
    past: bool,
}

/// Excerpt of a record for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordExcerpt {
    /// Offset of the record in the decompressed file, in bytes; in Parquet, the number of its row, from 0.
    pub offset: u64,
    /// First 1000 bytes of the record, cut between characters.
    pub text: String,
    /// Length of the record in bytes.
    pub len: u64,
}

impl Selection {
    /// Selects the records that start at an offset in `range`, except those at the offsets `without`.
    pub fn new(range: Range<u64>, without: Arc<BTreeSet<u64>>) -> Self {
        Self {
            range,
            without,
            selected: Mutex::default(),
        }
    }

    /// Returns the selected records so far.
    pub fn seen(&self) -> Selected {
        self.lock().clone()
    }

    /// Returns the number of skipped records so far.
    pub(super) fn skipped(&self) -> u64 {
        self.lock().skipped
    }

    /// Returns true if no later record can be selected.
    pub fn is_past(&self) -> bool {
        self.lock().past
    }

    /// Returns true if `record` is selected. Calls must follow the order of the records.
    pub(super) fn accepts(&self, record: &Record<'_>) -> bool {
        let (at, mut selected) = (record.offset(), self.lock());
        selected.past |= at >= self.range.end;
        if !self.range.contains(&at) {
            return false;
        }
        if self.without.contains(&at) {
            selected.skipped += 1;
            return false;
        }
        selected
            .first
            .get_or_insert_with(|| RecordExcerpt::of(record));
        selected.last = at;
        true
    }

    fn lock(&self) -> MutexGuard<'_, Selected> {
        // No code panics while it holds the lock.
        self.selected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RecordExcerpt {
    fn of(record: &Record<'_>) -> Self {
        let bytes = record.bytes();
        Self {
            offset: record.offset(),
            text: String::from_utf8_lossy(truncate(bytes, EXCERPT)).into_owned(),
            len: bytes.len() as u64,
        }
    }

    /// Returns true if `text` is shorter than the record.
    pub fn is_cut(&self) -> bool {
        (self.text.len() as u64) < self.len
    }
}

/// Maximum length of a record in a message, in bytes.
const SHOWN: usize = 200;

impl fmt::Display for RecordExcerpt {
    /// Writes the start of the record in quotation marks, with unprintable characters escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = String::from_utf8_lossy(truncate(self.text.as_bytes(), SHOWN));
        write!(f, "{shown:?}")?;
        match (shown.len() as u64) < self.len {
            true => write!(f, "… ({} bytes)", self.len),
            false => Ok(()),
        }
    }
}

/// Returns at most the first `most` bytes of a text, cut between characters.
fn truncate(bytes: &[u8], most: usize) -> &[u8] {
    if bytes.len() <= most {
        return bytes;
    }
    // A character has at most four bytes. Invalid UTF-8 may lack the start of one.
    let starts = |at: &usize| bytes[*at] & 0xc0 != 0x80;
    let end = (most.saturating_sub(3)..=most).rev().find(starts);
    &bytes[..end.unwrap_or(most)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reader::RecordReader;
    use mapreduce_core::{Counters, FileFormat};

    fn select(
        text: &[u8],
        format: &FileFormat,
        range: Range<u64>,
        without: &[u64],
    ) -> (Vec<u64>, Selected, Counters) {
        let without = Arc::new(without.iter().copied().collect());
        let selection = Arc::new(Selection::new(range, without));
        let mut reader = RecordReader::new(text, format, 1 << 20, 0, None);
        reader.select(selection.clone());
        let mut offsets = Vec::new();
        while reader
            .batch(|record| offsets.push(record.offset()))
            .unwrap()
        {}
        (offsets, selection.seen(), reader.counters())
    }

    #[test]
    fn records_outside_the_selection_are_only_counted() {
        let text = b"a\nbad\n\nlast";
        let (offsets, selected, counters) = select(text, &FileFormat::Text, 2..7, &[6]);
        assert_eq!(offsets, [2]);
        let first = selected.first.unwrap();
        assert_eq!((first.offset, &*first.text, selected.last), (2, "bad", 2));
        assert_eq!((counters.records, counters.skipped_records), (4, 1));

        let (offsets, selected, counters) = select(text, &FileFormat::Text, 0..u64::MAX, &[0, 7]);
        assert_eq!((offsets, selected.last), (vec![2, 6], 6));
        assert_eq!((counters.records, counters.skipped_records), (4, 2));
    }

    #[test]
    fn a_search_for_matching_lines_skips_the_same_records() {
        let text = b"x1\nno\nx2\nx3\n";
        let without = Arc::new([6].into());
        let mut reader = RecordReader::new(&text[..], &FileFormat::Text, 100, 0, None);
        reader.select(Arc::new(Selection::new(0..9, without)));
        let mut found = Vec::new();
        let find = |text: &[u8]| memchr::memchr(b'x', text);
        let mut each = |record: Record<'_>| found.push(record.offset());
        while reader.batch_matching(find, &mut each).unwrap() {}
        assert!(found.contains(&0), "{found:?}");
        assert!(!found.contains(&6) && !found.contains(&9), "{found:?}");
        assert_eq!(reader.counters().records, 4);
        assert_eq!(reader.counters().skipped_records, 1);
    }

    #[test]
    fn an_excerpt_of_any_record_is_readable() {
        let long = format!("tab\t\"é\" {}", "ö".repeat(5000));
        let excerpt = RecordExcerpt::of(&Record::from(long.as_bytes()));
        assert!(excerpt.is_cut() && excerpt.text.len() <= EXCERPT);
        let shown = excerpt.to_string();
        assert!(shown.starts_with("\"tab\\t\\\"é\\\" ö"), "{shown}");
        assert!(shown.ends_with("ö\"… (10009 bytes)"), "{shown}");
        let excerpt = RecordExcerpt::of(&Record::from(&b"\0\x1b[31m\n"[..]));
        assert_eq!(excerpt.to_string(), r#""\0\u{1b}[31m\n""#);
        assert!(!excerpt.is_cut());
    }

    proptest! {
        #[test]
        fn any_selection_of_any_lines_is_exact(
            lines in proptest::collection::vec("[a-c]{0,5}", 0..20),
            range in (0u64..80, 0u64..80), without in proptest::collection::btree_set(0u64..80, 0..10),
        ) {
            let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
            let starts = lines.iter().scan(0, |at, line| {
                let start = *at;
                *at += line.len() as u64 + 1;
                Some(start)
            });
            let range = range.0.min(range.1)..range.0.max(range.1);
            let (inside, _): (Vec<u64>, Vec<u64>) = starts.partition(|at| range.contains(at));
            let (skipped, expected): (Vec<u64>, Vec<u64>) =
                inside.into_iter().partition(|at| without.contains(at));
            let without: Vec<u64> = without.into_iter().collect();
            let (found, selected, counters) = select(text.as_bytes(), &FileFormat::Text, range, &without);
            prop_assert_eq!(selected.first.map(|first| first.offset), expected.first().copied());
            prop_assert_eq!(found, expected);
            prop_assert_eq!(counters.records, lines.len() as u64);
            prop_assert_eq!(counters.skipped_records, skipped.len() as u64);
        }
    }
}

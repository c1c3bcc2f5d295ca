//! Some records of a split: what is mapped when a record is looked for that a job fails at, and when those
//! that were found are left out.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mapreduce_core::Record;

/// How much of a record is kept, in bytes: enough to see what is odd about it.
const KEPT: usize = 1000;

/// Which records are handed out; all others are read, and counted, only. Remembers what was handed out.
#[derive(Debug)]
pub struct Selection {
    range: Range<u64>,
    without: Arc<BTreeSet<u64>>,
    seen: Mutex<Seen>,
}

/// What was handed out of a [`Selection`].
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The first record.
    pub first: Option<Quote>,
    /// Offset of the last record, if there was one.
    pub last: u64,
    /// How many records were left out.
    pub left_out: u64,
    /// Whether a record behind the range was read.
    past: bool,
}

/// A record as people are shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Bytes from the start of the file, decompressed, to the record; in Parquet the number of its row, from 0.
    pub offset: u64,
    /// Its first 1000 bytes or so.
    pub text: String,
    /// Its length in bytes.
    pub len: u64,
}

impl Selection {
    /// The records that start at an offset in `range`, except those at the offsets `without`.
    pub fn new(range: Range<u64>, without: Arc<BTreeSet<u64>>) -> Self {
        Self {
            range,
            without,
            seen: Mutex::default(),
        }
    }

    /// What was handed out so far.
    pub fn seen(&self) -> Seen {
        self.lock().clone()
    }

    /// How many records were left out so far.
    pub(super) fn left_out(&self) -> u64 {
        self.lock().left_out
    }

    /// Whether no record that is still to be read can be handed out.
    pub fn is_past(&self) -> bool {
        self.lock().past
    }

    /// Whether `record` is to be handed out. Records come in their order.
    pub(super) fn takes(&self, record: &Record<'_>) -> bool {
        let (at, mut seen) = (record.offset(), self.lock());
        seen.past |= at >= self.range.end;
        if !self.range.contains(&at) {
            return false;
        }
        if self.without.contains(&at) {
            seen.left_out += 1;
            return false;
        }
        seen.first.get_or_insert_with(|| Quote::of(record));
        seen.last = at;
        true
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        // Nothing panics under the lock.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Quote {
    fn of(record: &Record<'_>) -> Self {
        let bytes = record.bytes();
        Self {
            offset: record.offset(),
            text: String::from_utf8_lossy(head(bytes, KEPT)).into_owned(),
            len: bytes.len() as u64,
        }
    }

    /// Whether `text` is not all of it.
    pub fn is_cut(&self) -> bool {
        (self.text.len() as u64) < self.len
    }
}

/// Most bytes of a record in a message.
const SHOWN: usize = 200;

impl fmt::Display for Quote {
    /// Its beginning in quotation marks, what does not print escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = String::from_utf8_lossy(head(self.text.as_bytes(), SHOWN));
        write!(f, "{shown:?}")?;
        match (shown.len() as u64) < self.len {
            true => write!(f, "… ({} bytes)", self.len),
            false => Ok(()),
        }
    }
}

/// At most `most` bytes from the start of UTF-8, and no half character.
fn head(bytes: &[u8], most: usize) -> &[u8] {
    if bytes.len() <= most {
        return bytes;
    }
    let inside = |at: &usize| bytes[*at] & 0xc0 == 0x80;
    let mut end = most;
    while end > 0 && inside(&end) {
        end -= 1;
    }
    &bytes[..end]
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
    ) -> (Vec<u64>, Seen, Counters) {
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
    fn what_lies_outside_is_counted_and_not_handed_out() {
        let text = b"a\nbad\n\nlast";
        let (offsets, seen, counters) = select(text, &FileFormat::Text, 2..7, &[6]);
        assert_eq!(offsets, [2]);
        let first = seen.first.unwrap();
        assert_eq!((first.offset, &*first.text, seen.last), (2, "bad", 2));
        assert_eq!((counters.records, counters.skipped_records), (4, 1));

        let (offsets, seen, counters) = select(text, &FileFormat::Text, 0..u64::MAX, &[0, 7]);
        assert_eq!((offsets, seen.last), (vec![2, 6], 6));
        assert_eq!((counters.records, counters.skipped_records), (4, 2));
    }

    #[test]
    fn a_search_for_lines_that_match_leaves_the_same_records_out() {
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
    fn a_quote_is_readable_whatever_the_record_is() {
        let long = format!("tab\t\"é\" {}", "ö".repeat(5000));
        let quote = Quote::of(&Record::from(long.as_bytes()));
        assert!(quote.is_cut() && quote.text.len() <= KEPT);
        let shown = quote.to_string();
        assert!(shown.starts_with("\"tab\\t\\\"é\\\" ö"), "{shown}");
        assert!(shown.ends_with("ö\"… (10009 bytes)"), "{shown}");
        let quote = Quote::of(&Record::from(&b"\0\x1b[31m\n"[..]));
        assert_eq!(quote.to_string(), r#""\0\u{1b}[31m\n""#);
        assert!(!quote.is_cut());
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
            let (left_out, expected): (Vec<u64>, Vec<u64>) =
                inside.into_iter().partition(|at| without.contains(at));
            let without: Vec<u64> = without.into_iter().collect();
            let (found, seen, counters) = select(text.as_bytes(), &FileFormat::Text, range, &without);
            prop_assert_eq!(seen.first.map(|first| first.offset), expected.first().copied());
            prop_assert_eq!(found, expected);
            prop_assert_eq!(counters.records, lines.len() as u64);
            prop_assert_eq!(counters.skipped_records, left_out.len() as u64);
        }
    }
}

//! What a task counts beside its output.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Exact sums over the input a task read, all independent of where the splits lie.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counters {
    /// Bytes of input inside the split.
    pub bytes: u64,
    /// Records mapped.
    pub records: u64,
    /// Pairs emitted by the mapper, before the combiner; of counts, their sum: for word count, words.
    pub emitted: u64,
    /// Invalid UTF-8 sequences that became U+FFFD.
    pub invalid_utf8: u64,
    /// NUL bytes in the mapped records.
    pub nul_bytes: u64,
    /// CSV records with fewer cells than the header.
    pub short_records: u64,
    /// Records left out because the job's code failed at them.
    pub skipped_records: u64,
    /// The job's own counters, as `group:name`.
    #[serde(default)]
    pub own: BTreeMap<String, u64>,
}

/// Most counters of a job's own that a task may have.
pub const MOST_OWN: usize = 80;
/// Longest name of one, `group:name`, in bytes.
pub const LONGEST_OWN: usize = 200;

/// Largest counter: what a double holds exactly, as the function library of Redis counts.
pub const LARGEST: u64 = 1 << 53;

impl Counters {
    /// Every counter with its name, in a fixed order: the names of the fields of the `counters` hash. A job's own
    /// ones, and no others, have a colon in their names.
    pub fn fields(&self) -> impl Iterator<Item = (&str, u64)> {
        let ours = [
            ("bytes", self.bytes),
            ("records", self.records),
            ("emitted", self.emitted),
            ("invalid_utf8", self.invalid_utf8),
            ("nul_bytes", self.nul_bytes),
            ("short_records", self.short_records),
            ("skipped_records", self.skipped_records),
        ];
        let own = self.own.iter().map(|(name, value)| (name.as_str(), *value));
        ours.into_iter().chain(own)
    }

    /// The counter of that name, to be set; `None` for a name that is none.
    pub fn field_mut(&mut self, name: &str) -> Option<&mut u64> {
        Some(match name {
            "bytes" => &mut self.bytes,
            "records" => &mut self.records,
            "emitted" => &mut self.emitted,
            "invalid_utf8" => &mut self.invalid_utf8,
            "nul_bytes" => &mut self.nul_bytes,
            "short_records" => &mut self.short_records,
            "skipped_records" => &mut self.skipped_records,
            own if own.contains(':') => self.own.entry(own.to_owned()).or_default(),
            _ => return None,
        })
    }

    /// Takes back what [`AddAssign`] added.
    pub fn take_back(&mut self, other: &Self) {
        for (name, value) in other.fields() {
            if let Some(sum) = self.field_mut(name) {
                *sum -= value;
            }
        }
    }
}

impl AddAssign<&Self> for Counters {
    fn add_assign(&mut self, other: &Self) {
        for (name, value) in other.fields() {
            if let Some(sum) = self.field_mut(name) {
                *sum += value;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_counter_adds_up_and_can_be_taken_back() {
        let one = Counters {
            bytes: 1,
            records: 2,
            emitted: 3,
            invalid_utf8: 4,
            nul_bytes: 5,
            short_records: 6,
            skipped_records: 7,
            own: [("shop:visits".to_owned(), 8)].into(),
        };
        let mut sum = one.clone();
        sum += &one;
        let values: Vec<_> = sum.fields().map(|(_, value)| value).collect();
        assert_eq!(values, [2, 4, 6, 8, 10, 12, 14, 16]);
        sum.take_back(&one);
        assert_eq!(sum, one);
        assert!(sum.field_mut("unknown").is_none());
    }
}

//! What a task counts beside its output.

use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Exact sums over the input a task read, all independent of where the splits lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counters {
    /// Bytes of input inside the split.
    pub bytes: u64,
    /// Records mapped.
    pub records: u64,
    /// Pairs emitted by the mapper, before the combiner; for word count, words.
    pub emitted: u64,
    /// Invalid UTF-8 sequences that became U+FFFD.
    pub invalid_utf8: u64,
    /// NUL bytes in the mapped records.
    pub nul_bytes: u64,
    /// CSV records with fewer cells than the header.
    pub short_records: u64,
}

impl Counters {
    /// Every counter with its name, in a fixed order: the names of the fields of the `counters` hash.
    pub fn fields(&self) -> [(&'static str, u64); 6] {
        [
            ("bytes", self.bytes),
            ("records", self.records),
            ("emitted", self.emitted),
            ("invalid_utf8", self.invalid_utf8),
            ("nul_bytes", self.nul_bytes),
            ("short_records", self.short_records),
        ]
    }

    /// The counter of that name, to be set; `None` for a name that is not ours.
    pub fn field_mut(&mut self, name: &str) -> Option<&mut u64> {
        Some(match name {
            "bytes" => &mut self.bytes,
            "records" => &mut self.records,
            "emitted" => &mut self.emitted,
            "invalid_utf8" => &mut self.invalid_utf8,
            "nul_bytes" => &mut self.nul_bytes,
            "short_records" => &mut self.short_records,
            _ => return None,
        })
    }
}

impl AddAssign for Counters {
    fn add_assign(&mut self, other: Self) {
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
    fn every_named_counter_adds_up() {
        let one = Counters {
            bytes: 1,
            records: 2,
            emitted: 3,
            invalid_utf8: 4,
            nul_bytes: 5,
            short_records: 6,
        };
        let mut sum = one;
        sum += one;
        assert_eq!(sum.fields().map(|(_, v)| v), [2, 4, 6, 8, 10, 12]);
        assert!(Counters::default().field_mut("unknown").is_none());
    }
}

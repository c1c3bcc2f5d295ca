//! Counters of a task.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

/// Exact sums over the input of a task. The totals of a job do not depend on the split boundaries.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counters {
    /// Input bytes in the split.
    pub bytes: u64,
    /// Records mapped.
    pub records: u64,
    /// Pairs that the mapper emitted, before the combiner. For jobs that sum counts, the sum of the emitted counts:
    /// word count reports its words here.
    pub emitted: u64,
    /// Invalid UTF-8 sequences in records.
    pub invalid_utf8: u64,
    /// NUL bytes in the mapped records.
    pub nul_bytes: u64,
    /// Records of tables with fewer cells than the header.
    pub short_records: u64,
    /// Records of tables with more cells than the header.
    #[serde(default)]
    pub long_records: u64,
    /// Records of tables with text after the closing quote of a cell.
    #[serde(default)]
    pub text_after_quote: u64,
    /// Lines that are not valid JSON.
    #[serde(default)]
    pub invalid_json: u64,
    /// Records that lack the selected value, if exactly one value is selected.
    #[serde(default)]
    pub missing_values: u64,
    /// Records skipped because the job's code failed on them.
    pub skipped_records: u64,
    /// Custom counters of the job, named `group:name`.
    #[serde(default, rename = "own")]
    pub custom: BTreeMap<String, u64>,
}

/// Name prefix of the counters of records without a value at a JSON pointer. The reader adds one for each pointer.
pub const MISSING: &str = "input.missing:";

/// Maximum number of custom counters of a task.
pub const MAX_CUSTOM_COUNTERS: usize = 80;
/// Maximum length of the name of a custom counter, `group:name`, in bytes.
pub const MAX_CUSTOM_COUNTER_NAME_LEN: usize = 200;

/// Largest counter value. The Lua functions in Redis add counters as doubles, which are exact up to this value.
pub const MAX_COUNTER: u64 = 1 << 53;

impl Counters {
    /// Returns every counter with its name in a fixed order. The names are the fields of the `counters` hash in Redis.
    /// Only the names of custom counters contain a colon.
    pub fn fields(&self) -> impl Iterator<Item = (&str, u64)> {
        let standard = [
            ("bytes", self.bytes),
            ("records", self.records),
            ("emitted", self.emitted),
            ("invalid_utf8", self.invalid_utf8),
            ("nul_bytes", self.nul_bytes),
            ("short_records", self.short_records),
            ("long_records", self.long_records),
            ("text_after_quote", self.text_after_quote),
            ("invalid_json", self.invalid_json),
            ("missing_values", self.missing_values),
            ("skipped_records", self.skipped_records),
        ];
        let custom = self
            .custom
            .iter()
            .map(|(name, value)| (name.as_str(), *value));
        standard.into_iter().chain(custom)
    }

    /// Returns the counter called `name`, or `None` if no counter has this name. Creates a missing custom counter.
    pub fn field_mut(&mut self, name: &str) -> Option<&mut u64> {
        Some(match name {
            "bytes" => &mut self.bytes,
            "records" => &mut self.records,
            "emitted" => &mut self.emitted,
            "invalid_utf8" => &mut self.invalid_utf8,
            "nul_bytes" => &mut self.nul_bytes,
            "short_records" => &mut self.short_records,
            "long_records" => &mut self.long_records,
            "text_after_quote" => &mut self.text_after_quote,
            "invalid_json" => &mut self.invalid_json,
            "missing_values" => &mut self.missing_values,
            "skipped_records" => &mut self.skipped_records,
            custom if custom.contains(':') => self.custom.entry(custom.to_owned()).or_default(),
            _ => return None,
        })
    }

    /// Subtracts `other`, which was added before.
    pub fn subtract(&mut self, other: &Self) {
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
    fn every_counter_is_added_and_subtracted() {
        let one = Counters {
            bytes: 1,
            records: 2,
            emitted: 3,
            invalid_utf8: 4,
            nul_bytes: 5,
            short_records: 6,
            long_records: 7,
            text_after_quote: 8,
            invalid_json: 9,
            missing_values: 10,
            skipped_records: 11,
            custom: [("shop:visits".to_owned(), 12)].into(),
        };
        let mut sum = one.clone();
        sum += &one;
        let values: Vec<_> = sum.fields().map(|(_, value)| value).collect();
        assert_eq!(values, [2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24]);
        sum.subtract(&one);
        assert_eq!(sum, one);
        assert!(sum.field_mut("unknown").is_none());
    }
}

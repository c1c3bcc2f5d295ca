//! Numbers of events.

use std::collections::BTreeMap;
use std::ops::AddAssign;

/// Numbers of events by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<&'static str, u64>);

impl Tally {
    /// Counts an event.
    pub fn count(&mut self, event: &'static str) {
        *self.0.entry(event).or_default() += 1;
    }

    /// Returns the number of an event.
    pub fn get(&self, event: &str) -> u64 {
        self.0.get(event).copied().unwrap_or(0)
    }

    /// Returns all events with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.0.iter().map(|(event, count)| (*event, *count))
    }
}

impl AddAssign<&Self> for Tally {
    fn add_assign(&mut self, other: &Self) {
        for (event, count) in &other.0 {
            *self.0.entry(event).or_default() += count;
        }
    }
}

//! Streams and consumer groups, as in Redis 7.0.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Id of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Id {
    /// First number. In task streams it is the generation.
    pub ms: u64,
    /// Second number. In task streams it is the index plus one.
    pub seq: u64,
}

impl Id {
    /// The highest id.
    pub const MAX: Self = Self {
        ms: u64::MAX,
        seq: u64::MAX,
    };

    /// Parses an id. Without a second number it gets `seq`.
    pub(super) fn parse(text: &str, seq: u64) -> Option<Self> {
        match text.split_once('-') {
            Some((ms, seq)) => Some(Self {
                ms: ms.parse().ok()?,
                seq: seq.parse().ok()?,
            }),
            None => Some(Self {
                ms: text.parse().ok()?,
                seq,
            }),
        }
    }

    /// The next id.
    pub(crate) fn next(self) -> Self {
        match self.seq.checked_add(1) {
            Some(seq) => Self { seq, ..self },
            None => Self {
                ms: self.ms.saturating_add(1),
                seq: 0,
            },
        }
    }

    /// The previous id.
    pub(super) fn previous(self) -> Option<Self> {
        match (self.ms, self.seq) {
            (0, 0) => None,
            (ms, 0) => Some(Self {
                ms: ms - 1,
                seq: u64::MAX,
            }),
            (ms, seq) => Some(Self { ms, seq: seq - 1 }),
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.ms, self.seq)
    }
}

/// Alternating names and values of an entry.
pub type Entry = Vec<Vec<u8>>;

/// A delivered entry that is not acknowledged.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    /// Consumer that holds the entry.
    pub consumer: Vec<u8>,
    /// Time of the last delivery or claim in ms.
    pub since: u64,
    /// Number of deliveries.
    pub deliveries: u64,
}

/// A consumer group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Group {
    /// Last delivered entry.
    pub last: Id,
    /// Number of delivered entries, if known.
    pub read: Option<u64>,
    /// Delivered entries that are not acknowledged.
    pub pending: BTreeMap<Id, Pending>,
    /// All consumers so far.
    pub consumers: BTreeSet<Vec<u8>>,
}

/// A stream.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stream {
    /// All entries.
    pub entries: BTreeMap<Id, Entry>,
    /// Highest id so far.
    pub last: Id,
    /// Number of entries added so far.
    pub added: u64,
    /// Consumer groups by name.
    pub groups: BTreeMap<Vec<u8>, Group>,
}

/// Number of entries in a node. Approximate trimming removes whole nodes.
const NODE: usize = 100;

impl Stream {
    /// Adds an entry. Returns false if the id is not above all others.
    pub(super) fn add(&mut self, id: Id, entry: Entry) -> bool {
        if id <= self.last {
            return false;
        }
        self.entries.insert(id, entry);
        self.last = id;
        self.added += 1;
        true
    }

    /// Returns the id that `*` stands for.
    pub(super) fn fresh(&self, now: u64) -> Id {
        if now > self.last.ms {
            Id { ms: now, seq: 0 }
        } else {
            self.last.next()
        }
    }

    /// Removes the oldest nodes while at least `most` entries remain.
    pub(super) fn trim_approximately(&mut self, most: usize) {
        while self.entries.len() >= most + NODE {
            let Some(end) = self.entries.keys().nth(NODE).copied() else {
                return;
            };
            self.entries = self.entries.split_off(&end);
        }
    }

    /// Number of entries that are not yet delivered to `group`, if known.
    pub fn lag(&self, group: &Group) -> Option<u64> {
        if self.added == 0 {
            return Some(0);
        }
        let read = group.read.or_else(|| self.entries_up_to(group.last));
        read.map(|read| self.added - read)
    }

    /// Number of entries added up to `id`, if it is known without counting, as in Redis.
    pub(super) fn entries_up_to(&self, id: Id) -> Option<u64> {
        if self.added == 0 {
            return Some(0);
        }
        let Some(first) = self.entries.keys().next() else {
            return (id <= self.last).then_some(self.added);
        };
        let len = self.entries.len() as u64;
        match id {
            _ if id == self.last => Some(self.added),
            _ if id > self.last => None,
            _ if id < *first => Some(self.added - len),
            _ if id == *first => Some(self.added - len + 1),
            _ => None,
        }
    }
}

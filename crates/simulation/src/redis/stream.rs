//! Streams and their consumer groups, as Redis 7.0 keeps them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The id of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Id {
    /// The first number; of our task streams, the generation.
    pub ms: u64,
    /// The second one; of our task streams, the index and one.
    pub seq: u64,
}

impl Id {
    /// The greatest of all.
    pub const MAX: Self = Self {
        ms: u64::MAX,
        seq: u64::MAX,
    };

    /// Reads an id; one without a second number gets `seq`.
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

    /// The one behind it.
    pub(crate) fn next(self) -> Self {
        match self.seq.checked_add(1) {
            Some(seq) => Self { seq, ..self },
            None => Self {
                ms: self.ms.saturating_add(1),
                seq: 0,
            },
        }
    }

    /// The one before it.
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

/// Names and values of an entry, one after the other.
pub type Entry = Vec<Vec<u8>>;

/// Who holds an entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Pending {
    /// The consumer.
    pub consumer: Vec<u8>,
    /// When it was delivered or claimed last, in ms.
    pub since: u64,
    /// How often it was delivered.
    pub deliveries: u64,
}

/// A consumer group.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Group {
    /// The last entry that was delivered.
    pub last: Id,
    /// How many entries were delivered, as far as that is known.
    pub read: Option<u64>,
    /// What is delivered and not acknowledged.
    pub pending: BTreeMap<Id, Pending>,
    /// Consumers that were ever seen.
    pub consumers: BTreeSet<Vec<u8>>,
}

/// A stream.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stream {
    /// What is in it.
    pub entries: BTreeMap<Id, Entry>,
    /// The highest id ever.
    pub last: Id,
    /// How many entries were ever added.
    pub added: u64,
    /// Its groups.
    pub groups: BTreeMap<Vec<u8>, Group>,
}

/// Entries in a node of a stream that is trimmed roughly, by whole nodes.
const NODE: usize = 100;

impl Stream {
    /// Adds an entry; its id must be above all others.
    pub(super) fn add(&mut self, id: Id, entry: Entry) -> bool {
        if id <= self.last {
            return false;
        }
        self.entries.insert(id, entry);
        self.last = id;
        self.added += 1;
        true
    }

    /// The id that `*` stands for.
    pub(super) fn fresh(&self, now: u64) -> Id {
        if now > self.last.ms {
            Id { ms: now, seq: 0 }
        } else {
            self.last.next()
        }
    }

    /// Drops the oldest nodes while more than `most` entries stay.
    pub(super) fn trim_roughly(&mut self, most: usize) {
        while self.entries.len() >= most + NODE {
            let Some(end) = self.entries.keys().nth(NODE).copied() else {
                return;
            };
            self.entries = self.entries.split_off(&end);
        }
    }

    /// How many entries wait behind `group`; `None` if that cannot be known.
    pub fn lag(&self, group: &Group) -> Option<u64> {
        if self.added == 0 {
            return Some(0);
        }
        let read = group.read.or_else(|| self.place(group.last));
        read.map(|read| self.added - read)
    }

    /// How many entries were added up to `id`, without looking at each.
    pub(super) fn place(&self, id: Id) -> Option<u64> {
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

//! The combiner of word count: a table from word to count that does not allocate per word.
//!
//! Most words have at most 16 bytes. Such a key lies inside its 32-byte slot, so that a probe touches
//! one cache line and nothing else; longer keys lie in an arena behind a second table. Words are taken
//! in batches: first every slot of the batch is touched, then every word is counted, so that the cache
//! misses of a batch overlap instead of queueing.

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use crate::Pairs;

/// Counts by key, exact to 64 bits.
#[derive(Debug)]
pub struct CountTable {
    /// A power of two of slots; a slot whose count is 0 is free.
    slots: Vec<Slot>,
    used: usize,
    batch: Vec<Short>,
    long: HashTable<Long>,
    arena: Vec<u8>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    key: Key,
    count: u64,
}

/// A key of at most 16 bytes: two overlapping loads and its length, which together are unique.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Key {
    head: u64,
    tail: u64,
    len: u64,
}

/// A short key that waits for its batch.
#[derive(Debug, Clone, Copy)]
struct Short {
    key: Key,
    hash: u64,
    count: u64,
}

#[derive(Debug, Clone, Copy)]
struct Long {
    hash: u64,
    start: usize,
    len: usize,
    count: u64,
}

/// How many cache misses are let overlap; a core keeps some 10 to 20 in flight.
const BATCH: usize = 32;
/// Longest key that fits its slot, in bytes.
const INLINE: usize = 16;
/// 128 KiB at first: small enough for a task of a few lines.
const FIRST_SLOTS: usize = 1 << 12;

impl Default for CountTable {
    fn default() -> Self {
        Self {
            slots: vec![Slot::default(); FIRST_SLOTS],
            used: 0,
            batch: Vec::with_capacity(BATCH),
            long: HashTable::new(),
            arena: Vec::new(),
        }
    }
}

impl CountTable {
    /// Adds `count`, which is not 0, to the count of `key`.
    #[inline]
    pub fn add(&mut self, key: &[u8], count: u64) {
        if key.len() > INLINE {
            return self.add_long(key, count);
        }
        let key = Key::new(key);
        let hash = key.hash();
        self.batch.push(Short { key, hash, count });
        if self.batch.len() == BATCH {
            self.flush();
        }
    }

    /// Number of different keys.
    pub fn len(&mut self) -> usize {
        self.flush();
        self.used + self.long.len()
    }

    /// Whether nothing was added.
    pub fn is_empty(&mut self) -> bool {
        self.len() == 0
    }

    /// All keys with their counts, in no order.
    pub fn pairs(&mut self) -> Pairs {
        let len = self.len();
        let short_bytes: usize = self.slots.iter().map(|slot| slot.key.len as usize).sum();
        let mut pairs = Pairs::with_capacity(len, short_bytes + self.arena.len());
        for slot in self.slots.iter().filter(|slot| slot.count > 0) {
            let mut bytes = [0; INLINE];
            pairs.push(slot.key.bytes(&mut bytes), slot.count);
        }
        for long in &self.long {
            pairs.push(&self.arena[long.start..long.start + long.len], long.count);
        }
        pairs
    }

    #[inline(never)]
    fn flush(&mut self) {
        // At most three quarters full: beyond, probes grow long.
        while (self.used + self.batch.len()) * 4 > self.slots.len() * 3 {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut touched = 0;
        for short in &self.batch {
            touched ^= self.slots[short.hash as usize & mask].count;
        }
        std::hint::black_box(touched);
        for short in self.batch.drain(..) {
            let mut at = short.hash as usize & mask;
            loop {
                let slot = &mut self.slots[at];
                if slot.count == 0 {
                    *slot = Slot {
                        key: short.key,
                        count: short.count,
                    };
                    self.used += 1;
                    break;
                }
                if slot.key == short.key {
                    slot.count += short.count;
                    break;
                }
                at = (at + 1) & mask;
            }
        }
    }

    #[cold]
    fn grow(&mut self) {
        let bigger = vec![Slot::default(); self.slots.len() * 2];
        let mask = bigger.len() - 1;
        let smaller = std::mem::replace(&mut self.slots, bigger);
        for slot in smaller.into_iter().filter(|slot| slot.count > 0) {
            let mut at = slot.key.hash() as usize & mask;
            while self.slots[at].count > 0 {
                at = (at + 1) & mask;
            }
            self.slots[at] = slot;
        }
    }

    fn add_long(&mut self, key: &[u8], count: u64) {
        let hash = xxh3_64(key);
        let arena = &mut self.arena;
        let same =
            |long: &Long| long.hash == hash && arena[long.start..long.start + long.len] == *key;
        if let Some(long) = self.long.find_mut(hash, same) {
            long.count += count;
            return;
        }
        let start = arena.len();
        arena.extend_from_slice(key);
        let long = Long {
            hash,
            start,
            len: key.len(),
            count,
        };
        self.long.insert_unique(hash, long, |long| long.hash);
    }
}

impl Key {
    #[inline]
    fn new(bytes: &[u8]) -> Self {
        let len = bytes.len() as u64;
        if let (Some(head), Some(tail)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            let (head, tail) = (u64::from_le_bytes(*head), u64::from_le_bytes(*tail));
            return Self { head, tail, len };
        }
        let head =
            if let (Some(head), Some(tail)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
                u64::from(u32::from_le_bytes(*head)) | u64::from(u32::from_le_bytes(*tail)) << 32
            } else {
                match bytes {
                    [a, .., c] => {
                        u64::from(*a) | u64::from(bytes[bytes.len() / 2]) << 8 | u64::from(*c) << 16
                    }
                    [a] => u64::from(*a),
                    [] => 0,
                }
            };
        Self { head, tail: 0, len }
    }

    /// The key again, written into `into`.
    fn bytes(self, into: &mut [u8; INLINE]) -> &[u8] {
        let len = self.len as usize;
        let head = self.head.to_le_bytes();
        into[..8].copy_from_slice(&head);
        match len {
            8.. => {
                // The tail's load overlaps the head's; what it adds are its last bytes.
                let tail = self.tail.to_le_bytes();
                into[8..len].copy_from_slice(&tail[16 - len..]);
            }
            4..8 => into[4..len].copy_from_slice(&head[12 - len..]),
            // Three bytes: first, middle, last. Of two bytes the middle is the last.
            _ => {}
        }
        &into[..len]
    }

    /// Mixes by one wide multiplication, folded; the low bits choose the slot.
    #[inline]
    fn hash(self) -> u64 {
        let wide = u128::from(self.head ^ 0x9e37_79b9_7f4a_7c15)
            * u128::from(self.tail ^ self.len.rotate_left(56) ^ 0xd1b5_4a32_d192_ed03);
        (wide as u64) ^ (wide >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn counted(words: &[Vec<u8>]) -> BTreeMap<Vec<u8>, u64> {
        let mut table = CountTable::default();
        for word in words {
            table.add(word, 1);
        }
        let len = table.len();
        let pairs = table.pairs();
        assert_eq!(pairs.len(), len);
        pairs
            .iter()
            .map(|(key, count)| (key.to_vec(), count))
            .collect()
    }

    fn expected(words: &[Vec<u8>]) -> BTreeMap<Vec<u8>, u64> {
        let mut map = BTreeMap::new();
        for word in words {
            *map.entry(word.clone()).or_default() += 1;
        }
        map
    }

    #[test]
    fn keys_of_every_length_are_kept_apart() {
        let mut words = Vec::new();
        for len in 0..40 {
            for fill in [0, b'a', 0xff] {
                let mut word = vec![fill; len];
                words.push(word.clone());
                for at in 0..len {
                    word[at] ^= 1;
                    words.push(word.clone());
                    word[at] ^= 1;
                }
            }
        }
        assert_eq!(counted(&words), expected(&words));
    }

    #[test]
    fn the_table_grows_far_beyond_its_first_size() {
        let words: Vec<_> = (0..50_000u32)
            .map(|n| format!("w{}", n % 30_000).into_bytes())
            .collect();
        assert_eq!(counted(&words), expected(&words));
    }

    #[test]
    fn counts_have_64_bits() {
        let mut table = CountTable::default();
        for key in [&b"short"[..], b"longer than sixteen bytes"] {
            table.add(key, u64::MAX - 1);
            table.add(key, 1);
        }
        assert!(table.pairs().iter().all(|(_, count)| count == u64::MAX));
    }

    proptest! {
        #[test]
        fn it_counts_as_a_map_does(words in proptest::collection::vec(proptest::collection::vec(0u8..3, 0..20), 0..300)) {
            prop_assert_eq!(counted(&words), expected(&words));
        }
    }
}

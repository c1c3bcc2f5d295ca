//! The combiner of word count: a hash table of counts that does not allocate for each word.
//!
//! Most words have at most 15 bytes. Such a key lies inside its 24-byte slot, so a probe touches one cache line or
//! rarely two. Longer keys lie in an arena with a second table. Words are processed in batches: the table first touches
//! every slot of the batch and then counts every word. The cache misses of a batch therefore overlap.
//!
//! The index of a slot is proportional to the hash of its key. Iterating over the slots therefore yields the keys
//! nearly in the order of their hashes, which is the order of runs.

use std::cmp::Ordering;
use std::ops::RangeInclusive;

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use mapreduce_core::Pairs;
use mapreduce_core::key::ShortKey;

/// Table of 64-bit counts by key.
#[derive(Debug)]
pub struct CountTable {
    /// `size` slots, followed by overflow slots for probes that run past the end. A slot with count 0 is free.
    slots: Vec<Slot>,
    size: usize,
    /// Number of overflow slots.
    overflow: usize,
    /// Range of the hashes of all keys.
    hashes: RangeInclusive<u64>,
    /// Slots per hash, times 2^64.
    scale: u64,
    used: usize,
    /// Batch of short keys. The first `batched` entries are not counted yet.
    batch: Box<[Short; BATCH]>,
    batched: usize,
    long: HashTable<Long>,
    arena: Vec<u8>,
    /// Reused buffers of [`CountTable::each_sorted`].
    cluster: Vec<Slot>,
    long_order: Vec<Long>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    key: ShortKey,
    count: u64,
}

/// A short key in a batch.
#[derive(Debug, Clone, Copy, Default)]
struct Short {
    key: ShortKey,
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

/// Number of cache misses that may overlap. A core keeps about 10 to 50 in flight.
const BATCH: usize = 64;
/// Initial number of slots: 96 KiB, small enough for a task of a few lines.
const INITIAL_SIZE: usize = 1 << 12;
/// Approximate number of new keys in a block of input.
const KEYS_PER_BLOCK: usize = 32 << 10;
/// Initial number of overflow slots. A probe rarely passes all of them; if it does, the table grows.
const INITIAL_OVERFLOW: usize = 64;

impl Default for CountTable {
    fn default() -> Self {
        Self {
            slots: vec![Slot::default(); INITIAL_SIZE + INITIAL_OVERFLOW],
            size: INITIAL_SIZE,
            overflow: INITIAL_OVERFLOW,
            hashes: 0..=u64::MAX,
            scale: INITIAL_SIZE as u64,
            used: 0,
            batch: Box::new([Short::default(); BATCH]),
            batched: 0,
            long: HashTable::new(),
            arena: Vec::new(),
            cluster: Vec::new(),
            long_order: Vec::new(),
        }
    }
}

impl CountTable {
    /// Adds `count`, which must not be 0, to the count of `key`.
    #[inline]
    pub fn add(&mut self, key: &[u8], count: u64) {
        let Some(short) = ShortKey::new(key) else {
            return self.add_long(key, xxh3_64(key), count);
        };
        self.add_short(short, short.hash(), count);
    }

    /// Adds `count` to the count of the key in the first `len` bytes of `from`. This is fastest if `from` has at least
    /// 16 bytes; bytes after the key are ignored.
    #[inline]
    pub fn add_prefix(&mut self, from: &[u8], len: usize, count: u64) {
        let Some(key) = ShortKey::from_prefix(from, len) else {
            return self.add_long(&from[..len], xxh3_64(&from[..len]), count);
        };
        self.add_short(key, key.hash(), count);
    }

    /// Adds `count` to the count of a short key with the given hash.
    #[inline]
    pub(crate) fn add_short(&mut self, key: ShortKey, hash: u64, count: u64) {
        // `batched` is always below `BATCH`. The modulo only removes the bounds check.
        self.batch[self.batched % BATCH] = Short { key, hash, count };
        self.batched += 1;
        if self.batched == BATCH {
            self.flush();
        }
    }

    /// Returns the number of distinct keys.
    pub fn len(&mut self) -> usize {
        self.flush();
        self.used + self.long.len()
    }

    /// Returns `true` if the table has no keys.
    pub fn is_empty(&mut self) -> bool {
        self.len() == 0
    }

    /// Returns the memory that depends on the number of keys, in bytes.
    pub fn memory(&self) -> usize {
        let long = self.long.capacity() * (size_of::<Long>() + 1);
        self.slots.len() * size_of::<Slot>() + long + self.arena.capacity()
    }

    /// Returns the peak memory while the next block of words is counted, in bytes. If the table may grow, the old slots
    /// and twice as many new ones exist at the same time.
    pub(crate) fn peak_memory(&self) -> usize {
        let more = KEYS_PER_BLOCK.min(self.size / 8);
        let grows = (self.used + self.batched + more) * 4 > self.size * 3;
        let slots = self.slots.len() * size_of::<Slot>();
        self.memory() + if grows { 2 * slots } else { 0 }
    }

    /// Returns all keys with their counts, sorted by [`mapreduce_core::key::hash`].
    pub fn pairs(&mut self) -> Pairs {
        let len = self.len();
        let short_bytes: usize = self.slots.iter().map(|slot| slot.key.len()).sum();
        let mut pairs = Pairs::with_capacity(len, short_bytes + self.arena.len());
        self.each_sorted(|_, key, count| pairs.push(key, count));
        pairs
    }

    /// Calls `each` with the hash, key and count of every key, in ascending order of the hash.
    pub fn each_sorted(&mut self, mut each: impl FnMut(u64, &[u8], u64)) {
        self.flush();
        let mut long = std::mem::take(&mut self.long_order);
        long.clear();
        long.extend(&self.long);
        // Keys with equal hashes need a fixed order too, so that equal tables give equal runs.
        long.sort_unstable_by(|a, b| {
            a.hash
                .cmp(&b.hash)
                .then_with(|| self.key(a).cmp(self.key(b)))
        });
        let mut next_long = long.iter().peekable();
        let mut cluster = std::mem::take(&mut self.cluster);
        let mut at = 0;
        while at < self.slots.len() {
            if self.slots[at].count == 0 {
                at += 1;
                continue;
            }
            // A cluster between two free slots holds all keys that hash to its slots. Sorting each cluster therefore
            // sorts the whole table.
            let len = self.slots[at..].iter().position(|slot| slot.count == 0);
            let len = len.unwrap_or(self.slots.len() - at);
            cluster.clear();
            cluster.extend_from_slice(&self.slots[at..at + len]);
            cluster.sort_unstable_by(by_hash);
            for slot in &cluster {
                let hash = slot.key.hash();
                while let Some(long) = next_long.next_if(|long| long.hash < hash) {
                    each(long.hash, self.key(long), long.count);
                }
                each(hash, &slot.key.bytes()[..slot.key.len()], slot.count);
            }
            at += len;
        }
        for long in next_long {
            each(long.hash, self.key(long), long.count);
        }
        self.cluster = cluster;
        self.long_order = long;
    }

    /// Removes all keys and restricts the table to keys whose hashes lie in `hashes`. Reserves capacity for `expected`
    /// keys.
    pub(crate) fn restrict(&mut self, hashes: RangeInclusive<u64>, expected: usize) {
        self.clear();
        // The table becomes half full. The next stripe has about as many keys, and almost never a third more.
        self.size = (expected * 2).max(INITIAL_OVERFLOW);
        self.slots
            .resize(self.size + self.overflow, Slot::default());
        self.hashes = hashes;
        self.scale = self.scaled();
    }

    /// Removes all keys and keeps the memory.
    pub fn clear(&mut self) {
        self.batched = 0;
        if self.used > 0 {
            self.slots.fill(Slot::default());
        }
        self.used = 0;
        self.long.clear();
        self.arena.clear();
    }

    fn key(&self, long: &Long) -> &[u8] {
        &self.arena[long.start..long.start + long.len]
    }

    fn scaled(&self) -> u64 {
        let width = u128::from(self.hashes.end() - self.hashes.start()) + 1;
        let scale = ((self.size as u128) << 64) / width;
        u64::try_from(scale).unwrap_or(u64::MAX)
    }

    #[inline(never)]
    fn flush(&mut self) {
        // Fill at most three quarters of the slots. Beyond that, probes become long.
        while (self.used + self.batched) * 4 > self.size * 3 {
            self.grow();
        }
        let mut done = 0;
        while let Some(stopped) = self.count_from(done) {
            // A probe passed the last overflow slot.
            self.grow();
            done = stopped;
        }
        self.batched = 0;
    }

    /// Counts the words of the batch from `first` on. Returns the index of the first word that found no free slot.
    #[inline]
    fn count_from(&mut self, first: usize) -> Option<usize> {
        let first_slot = first_slot(&self.hashes, self.scale);
        let slots = &mut self.slots[..];
        let mut touched = 0;
        for short in &self.batch[first..self.batched] {
            touched ^= slots[first_slot(short.hash)].count;
        }
        std::hint::black_box(touched);
        for (nth, short) in self.batch[..self.batched].iter().enumerate().skip(first) {
            let mut at = first_slot(short.hash);
            loop {
                let Some(slot) = slots.get_mut(at) else {
                    return Some(nth);
                };
                if slot.key == short.key && slot.count > 0 {
                    slot.count = slot.count.saturating_add(short.count);
                    break;
                }
                if slot.count == 0 {
                    *slot = Slot {
                        key: short.key,
                        count: short.count,
                    };
                    self.used += 1;
                    break;
                }
                at += 1;
            }
        }
        None
    }

    #[cold]
    fn grow(&mut self) {
        let old = std::mem::take(&mut self.slots);
        loop {
            if self.size / 16 > self.used + BATCH {
                // The table is nearly empty, and still a probe found no free slot. Only many nearly equal hashes
                // cause this. Doubling the table would not separate them, so add overflow slots instead.
                self.overflow *= 2;
            } else {
                self.size *= 2;
                self.scale = self.scaled();
            }
            self.slots = vec![Slot::default(); self.size + self.overflow];
            let kept = old.iter().filter(|slot| slot.count > 0);
            if kept.into_iter().all(|slot| self.insert(*slot)) {
                return;
            }
        }
    }

    /// Inserts a slot whose key is not in the table. Returns `false` if there is no free slot.
    fn insert(&mut self, slot: Slot) -> bool {
        let from = first_slot(&self.hashes, self.scale)(slot.key.hash());
        let free = self.slots[from..].iter_mut().find(|there| there.count == 0);
        free.map(|there| *there = slot).is_some()
    }

    /// Adds `count` to the count of a long key with the given hash.
    #[inline(never)]
    pub(crate) fn add_long(&mut self, key: &[u8], hash: u64, count: u64) {
        let arena = &mut self.arena;
        let same =
            |long: &Long| long.hash == hash && arena[long.start..long.start + long.len] == *key;
        if let Some(long) = self.long.find_mut(hash, same) {
            long.count = long.count.saturating_add(count);
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

/// Returns the function from a hash to the index of its first slot.
#[inline]
fn first_slot(hashes: &RangeInclusive<u64>, scale: u64) -> impl Fn(u64) -> usize + use<> {
    let first = *hashes.start();
    move |hash| ((u128::from(hash - first) * u128::from(scale)) >> 64) as usize
}

fn by_hash(a: &Slot, b: &Slot) -> Ordering {
    let by_hash = a.key.hash().cmp(&b.key.hash());
    by_hash.then_with(|| a.key.bytes().cmp(&b.key.bytes()))
}

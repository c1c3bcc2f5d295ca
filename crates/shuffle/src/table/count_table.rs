//! The combiner of word count: a table from word to count that does not allocate per word.
//!
//! Most words have at most 15 bytes. Such a key lies inside its 24-byte slot, so that a probe touches
//! one cache line, seldom two; longer keys lie in an arena behind a second table. Words are taken in
//! batches: first every slot of the batch is touched, then every word is counted, so that the cache
//! misses of a batch overlap instead of queueing.
//!
//! A key's slot lies among the others as its hash does among all hashes: walking the slots gives the keys
//! nearly in the order of their hashes, which is the order of runs.

use std::cmp::Ordering;
use std::ops::RangeInclusive;

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use mapreduce_core::Pairs;
use mapreduce_core::key::ShortKey;

/// Counts by key, exact to 64 bits.
#[derive(Debug)]
pub struct CountTable {
    /// `size` slots, and some behind the last for those that do not find room there; a slot whose
    /// count is 0 is free.
    slots: Vec<Slot>,
    size: usize,
    /// How many lie behind the last.
    behind: usize,
    /// The hashes that keys may have.
    hashes: RangeInclusive<u64>,
    /// Slots per hash, times 2^64.
    scale: u64,
    used: usize,
    /// The first `batched` of these wait to be counted.
    batch: Box<[Short; BATCH]>,
    batched: usize,
    long: HashTable<Long>,
    arena: Vec<u8>,
    /// Buffers of walks.
    cluster: Vec<Slot>,
    long_order: Vec<Long>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    key: ShortKey,
    count: u64,
}

/// A short key that waits for its batch.
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

/// How many cache misses are let overlap; a core keeps some 10 to 50 in flight.
const BATCH: usize = 64;
/// 96 KiB at first: small enough for a task of a few lines.
const FIRST_SIZE: usize = 1 << 12;
/// New keys that a block of input brings, about.
const SOON: usize = 32 << 10;
/// Slots behind the last one. Probes seldom go that far; if one does, the table grows.
const BEHIND: usize = 64;

impl Default for CountTable {
    fn default() -> Self {
        Self {
            slots: vec![Slot::default(); FIRST_SIZE + BEHIND],
            size: FIRST_SIZE,
            behind: BEHIND,
            hashes: 0..=u64::MAX,
            scale: FIRST_SIZE as u64,
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
    /// Adds `count`, which is not 0, to the count of `key`.
    #[inline]
    pub fn add(&mut self, key: &[u8], count: u64) {
        let Some(short) = ShortKey::exact(key) else {
            return self.add_long(key, xxh3_64(key), count);
        };
        self.add_short(short, short.hash(), count);
    }

    /// Like [`CountTable::add`] for the key that is the first `len` bytes of `from`. It is fastest if
    /// 16 bytes are there, whatever they are.
    #[inline]
    pub fn add_prefix(&mut self, from: &[u8], len: usize, count: u64) {
        let Some(key) = ShortKey::new(from, len) else {
            return self.add_long(&from[..len], xxh3_64(&from[..len]), count);
        };
        self.add_short(key, key.hash(), count);
    }

    /// Like [`CountTable::add`] for a key whose hash is known.
    #[inline]
    pub(crate) fn add_short(&mut self, key: ShortKey, hash: u64, count: u64) {
        // The mask says to the compiler what is so anyway.
        self.batch[self.batched % BATCH] = Short { key, hash, count };
        self.batched += 1;
        if self.batched == BATCH {
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

    /// Memory in use, in bytes, that grows with the number of keys.
    pub fn memory(&self) -> usize {
        let long = self.long.capacity() * (size_of::<Long>() + 1);
        self.slots.len() * size_of::<Slot>() + long + self.arena.capacity()
    }

    /// As [`CountTable::memory`], but while it grows if a block of words may make it do so: then the slots
    /// and twice as many are there at the same time.
    pub(crate) fn memory_soon(&self) -> usize {
        let more = SOON.min(self.size / 8);
        let grows = (self.used + self.batched + more) * 4 > self.size * 3;
        let slots = self.slots.len() * size_of::<Slot>();
        self.memory() + if grows { 2 * slots } else { 0 }
    }

    /// All keys with their counts, in the order of [`mapreduce_core::key::hash`].
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
        // Keys of equal hashes in one order, so that equal tables give equal runs.
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
            // Between two free slots all keys of these slots' hashes are there, out of order at most
            // among themselves.
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

    /// Forgets all keys. From now on takes keys only whose hashes lie in `hashes`, and has room for
    /// `expected` of them.
    pub(crate) fn focus(&mut self, hashes: RangeInclusive<u64>, expected: usize) {
        self.clear();
        // Half full: the next stripe brings about as many, hardly ever a third more.
        self.size = (expected * 2).max(BEHIND);
        self.slots.resize(self.size + self.behind, Slot::default());
        self.hashes = hashes;
        self.scale = self.scaled();
    }

    /// Forgets all keys, keeps the memory.
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
        // At most three quarters full: beyond, probes grow long.
        while (self.used + self.batched) * 4 > self.size * 3 {
            self.grow();
        }
        let mut done = 0;
        while let Some(stopped) = self.count_from(done) {
            // No room behind the last slot.
            self.grow();
            done = stopped;
        }
        self.batched = 0;
    }

    /// Counts the words of the batch from `first` on; answers which one found no room.
    #[inline]
    fn count_from(&mut self, first: usize) -> Option<usize> {
        let place = placement(&self.hashes, self.scale);
        let slots = &mut self.slots[..];
        let mut touched = 0;
        for short in &self.batch[first..self.batched] {
            touched ^= slots[place(short.hash)].count;
        }
        std::hint::black_box(touched);
        for (nth, short) in self.batch[..self.batched].iter().enumerate().skip(first) {
            let mut at = place(short.hash);
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
                // So much room, and yet none: hashes that are alike, which chance does not bring.
                self.behind *= 2;
            } else {
                self.size *= 2;
                self.scale = self.scaled();
            }
            self.slots = vec![Slot::default(); self.size + self.behind];
            let kept = old.iter().filter(|slot| slot.count > 0);
            if kept.into_iter().all(|slot| self.place(*slot)) {
                return;
            }
        }
    }

    /// Puts a slot whose key is not there yet; answers whether there was room.
    fn place(&mut self, slot: Slot) -> bool {
        let from = placement(&self.hashes, self.scale)(slot.key.hash());
        let free = self.slots[from..].iter_mut().find(|there| there.count == 0);
        free.map(|there| *there = slot).is_some()
    }

    /// Like [`CountTable::add`] for a key that is no short one, with its hash.
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

/// From a hash to its first slot.
#[inline]
fn placement(hashes: &RangeInclusive<u64>, scale: u64) -> impl Fn(u64) -> usize + use<> {
    let first = *hashes.start();
    move |hash| ((u128::from(hash - first) * u128::from(scale)) >> 64) as usize
}

fn by_hash(a: &Slot, b: &Slot) -> Ordering {
    let by_hash = a.key.hash().cmp(&b.key.hash());
    by_hash.then_with(|| a.key.bytes().cmp(&b.key.bytes()))
}

//! Counts in shards, each behind a lock.

use std::sync::Mutex;

use mapreduce_core::Pairs;
use mapreduce_shuffle::CountTable;
use xxhash_rust::xxh3::xxh3_64;

/// Number of shards. It is larger than the number of slots, so that two commits rarely meet, but small enough that each
/// table has a useful size.
const SHARDS: usize = 64;

/// A table of counts to which several threads may add.
#[derive(Debug)]
pub(super) struct Shards {
    tables: Vec<Mutex<CountTable>>,
}

impl Default for Shards {
    fn default() -> Self {
        Self {
            tables: (0..SHARDS).map(|_| Mutex::default()).collect(),
        }
    }
}

impl Shards {
    /// Adds all `pairs`. This is CPU-bound: milliseconds for 100,000 pairs. `turn` rotates the order of the shards, so
    /// that concurrent callers start at different ones.
    pub(super) fn add(&self, pairs: &Pairs, turn: usize) {
        let capacity = pairs.len() / SHARDS * 5 / 4;
        let mut order: Vec<Vec<u32>> = (0..SHARDS).map(|_| Vec::with_capacity(capacity)).collect();
        for (at, (key, _)) in pairs.iter().enumerate() {
            order[(xxh3_64(key) >> 58) as usize].push(at as u32);
        }
        for shard in 0..SHARDS {
            let shard = (shard + turn) % SHARDS;
            let mut table = self.tables[shard].lock().expect("no panic under the lock");
            for at in &order[shard] {
                let (key, count) = pairs.get(*at as usize);
                table.add(key, count);
            }
        }
    }

    /// Returns every key with its count.
    pub(super) fn pairs(&self) -> Vec<Pairs> {
        self.tables
            .iter()
            .map(|table| table.lock().expect("no panic under the lock").pairs())
            .collect()
    }
}

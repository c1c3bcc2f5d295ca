//! Counts in shards, each behind its own lock.

use std::sync::Mutex;

use mapreduce::{CountTable, Pairs};
use xxhash_rust::xxh3::xxh3_64;

/// More than any number of slots, so that two rarely meet; few enough that a shard's table is not tiny.
const SHARDS: usize = 64;

/// A table of counts that many threads may add to.
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
    /// Adds all `pairs`. CPU-bound: milliseconds for 100,000 pairs. `turn` spreads the callers over
    /// the shards.
    pub(super) fn fold(&self, pairs: &Pairs, turn: usize) {
        let room = pairs.len() / SHARDS * 5 / 4;
        let mut order: Vec<Vec<u32>> = (0..SHARDS).map(|_| Vec::with_capacity(room)).collect();
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

    /// Every key with its count.
    pub(super) fn pairs(&self) -> Vec<Pairs> {
        self.tables
            .iter()
            .map(|table| table.lock().expect("no panic under the lock").pairs())
            .collect()
    }
}

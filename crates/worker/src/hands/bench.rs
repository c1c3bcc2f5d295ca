//! What attempts work with.

use std::path::PathBuf;
use std::sync::Mutex;

use mapreduce::WorkerName;
use mapreduce::shuffle::{Combiner, Scratch};
use store::Claim;
use xxhash_rust::xxh3::xxh3_64;

use crate::Options;

/// What attempts work with: where the input is, memory, tables that were used before.
#[derive(Debug)]
pub(super) struct Bench {
    pub(super) name: WorkerName,
    pub(super) inputs: Vec<PathBuf>,
    /// The folder that gets part files, if the job writes such.
    pub(super) output: PathBuf,
    pub(super) scratch: Scratch,
    /// Combiners that no attempt uses now: one for each slot after a while.
    combiners: Mutex<Vec<Combiner>>,
}

impl Bench {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            name: options.name.clone(),
            inputs: options.inputs.clone(),
            output: options.output.clone(),
            scratch: options.scratch.clone(),
            combiners: Mutex::default(),
        }
    }

    pub(super) fn combiner(&self) -> Combiner {
        let kept = self
            .combiners
            .lock()
            .expect("no panic under the lock")
            .pop();
        kept.unwrap_or_else(|| Combiner::new(self.scratch.clone()))
    }

    pub(super) fn put_back(&self, combiner: Combiner) {
        let mut kept = self.combiners.lock().expect("no panic under the lock");
        kept.push(combiner);
    }

    /// Gives the memory of unused tables back: the map tasks are over.
    pub(super) fn clear_up(&self) {
        self.combiners
            .lock()
            .expect("no panic under the lock")
            .clear();
    }
}

/// A name for what the attempt of this claim writes, which no other attempt of its task has: workers'
/// names are unique, and a worker gets each delivery once.
pub(super) fn attempt_name(worker: &WorkerName, claim: &Claim) -> String {
    let who = xxh3_64(worker.as_str().as_bytes());
    format!("{}.{}.{who:016x}", claim.task.entry, claim.deliveries)
}

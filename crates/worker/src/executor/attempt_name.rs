//! Names of attempts.

use mapreduce_core::WorkerName;
use store::Claim;
use xxhash_rust::xxh3::xxh3_64;

/// Returns a name for the output of an attempt. It is unique, because names of workers are unique and a worker gets
/// each delivery once.
pub(super) fn attempt_name(worker: &WorkerName, claim: &Claim) -> String {
    let worker = xxh3_64(worker.as_str().as_bytes());
    format!("{}.{}.{worker:016x}", claim.task.entry, claim.deliveries)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use mapreduce_core::TaskIndex;
    use store::TaskRef;

    use super::*;
    use crate::core::tests::claim;

    #[test]
    fn no_two_attempts_have_the_same_name() {
        let mut names = BTreeSet::new();
        for worker in ["a", "b"] {
            let worker = WorkerName::new(worker);
            for (entry, deliveries) in [("1-1", 1), ("1-1", 2), ("2-1", 1), ("1-11", 1)] {
                let claim = Claim {
                    task: TaskRef {
                        index: TaskIndex(0),
                        entry: entry.to_owned(),
                    },
                    deliveries,
                    ..claim(0, 1)
                };
                assert!(names.insert(attempt_name(&worker, &claim)), "{names:?}");
            }
        }
    }
}

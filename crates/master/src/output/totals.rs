//! The totals that reduce tasks have committed.

use mapreduce_formats::output::ResultTotals;
use store::StoredOutput;

/// Adds up the records and the sums of `outputs`.
///
/// The sums saturate: a total beyond 64 bits is wrong in any case, and the check against the counters finds it.
pub(crate) fn committed_totals(outputs: &[StoredOutput]) -> ResultTotals {
    let total =
        |size: fn(&StoredOutput) -> u64| outputs.iter().map(size).fold(0, u64::saturating_add);
    ResultTotals {
        keys: total(|stored| stored.records),
        total: total(|stored| stored.sum),
    }
}

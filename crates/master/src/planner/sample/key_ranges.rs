//! Key ranges: the bounds that give partitions of about the same size, for jobs that sort by key.

use std::path::PathBuf;

use mapreduce_core::{JobSpec, Split};
use mapreduce_job::{Job, MapSink};

use super::excerpts::excerpts;
use super::trial::Trial;

/// Bytes and excerpts of the sample. A larger sample makes the partitions more even.
const SAMPLE_BYTES: u64 = 4 << 20;
const MAX_EXCERPTS: u64 = 128;
/// Maximum bytes of a bound. A prefix of a key is a bound as well, and a plan must not hold keys of megabytes.
const MAX_BOUND: usize = 256;

/// Returns the first key of each partition except the first, in hexadecimal.
///
/// There are `spec.reduces` partitions with about the same number of keys, judged by a sample. There are fewer if the
/// sample has fewer distinct keys.
pub(in crate::planner) fn partition_bounds(
    inputs: &[PathBuf],
    spec: &JobSpec,
    code: &dyn Job,
    splits: &[Split],
) -> Vec<String> {
    if splits.is_empty() || spec.reduces <= 1 || !code.can_be_sampled() {
        return Vec::new();
    }
    let trial = Trial { inputs, spec, code };
    let mut keys = Vec::new();
    for excerpt in excerpts(splits, SAMPLE_BYTES, MAX_EXCERPTS) {
        trial.map(&excerpt, &mut MapSink::keys(&mut keys));
    }
    keys.sort_unstable();
    let (count, reduces) = (keys.len(), spec.reduces as usize);
    let quantile = |nth: usize| {
        keys.get(nth * count / reduces)
            .map(|key| &key[..key.len().min(MAX_BOUND)])
    };
    let mut bounds: Vec<&[u8]> = (1..reduces).filter_map(quantile).collect();
    bounds.dedup();
    let hex = |key: &[u8]| key.iter().map(|byte| format!("{byte:02x}")).collect();
    bounds.into_iter().map(hex).collect()
}

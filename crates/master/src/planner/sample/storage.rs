//! Sample-based estimate of the space that a job needs in the blob store.

use std::slice::from_ref;
use std::thread;

use mapreduce_core::Compression;
use mapreduce_core::{Aggregate, Plan, Split};

use super::excerpts::{excerpt_of, excerpts, is_parquet};
use super::trial::{Counted, Trial};
use crate::planner::blocking::run_blocking;
use crate::planner::request::Request;
use crate::planner::shuffle_estimate::{HeapsLaw, Observation, SplitGroup, StorageEstimate};

/// Input of up to this many bytes gets the upper bound for its length instead of a sample, so that a job of a few lines
/// is not counted twice.
const SMALL_INPUT: u64 = 64 << 10;
/// Bytes of a sample. A core counts them in about 5 ms.
const SAMPLE_BYTES: u64 = 1 << 20;
/// Bytes of a sample of compressed files, which are several times as long after decompression.
const COMPRESSED_SAMPLE_BYTES: u64 = 256 << 10;
/// Bytes of a sample of bzip2.
///
/// A block of bzip2 has up to 900 kB after decompression and can only be read as a whole. The sample is therefore a
/// single excerpt, without a second observation.
const BZIP2_SAMPLE_BYTES: u64 = 512 << 10;
/// Maximum number of excerpts, reached where splits are small.
const MAX_EXCERPTS: u64 = 64;
/// Bytes added to the average record of a sample, because the most frequent words have long counts.
const LONG_COUNT: u64 = 8;

/// Estimates the bytes that the tasks of `plan`, which is the plan of `request`, write to the blob store.
///
/// Input that cannot be read counts as empty. The map task that reads it reports the error.
pub(crate) async fn estimate_storage(plan: &Plan, request: &Request) -> StorageEstimate {
    if plan.spec().aggregate != Aggregate::Shuffle {
        return StorageEstimate::default();
    }
    let (spec, splits) = (plan.spec().clone(), plan.splits());
    let mut by_compression: Vec<(Option<Compression>, Vec<Split>)> = Vec::new();
    for split in splits {
        let compression = split.file.compression;
        match by_compression
            .iter_mut()
            .find(|(other, _)| *other == compression)
        {
            Some((_, group)) => group.push(split.clone()),
            None => by_compression.push((compression, vec![split.clone()])),
        }
    }
    let (inputs, code) = (request.inputs.clone(), request.code.clone());
    run_blocking(move || {
        let trial = Trial {
            inputs: &inputs,
            spec: &spec,
            code: &*code,
        };
        let groups = by_compression
            .into_iter()
            .map(|(compression, splits)| split_group(&trial, compression, &splits));
        StorageEstimate::of(&spec, &groups.collect::<Vec<_>>())
    })
    .await
}

/// Measures the growth of the records of `splits`, all of which have this `compression`.
fn split_group(
    trial: &Trial<'_>,
    compression: Option<Compression>,
    splits: &[Split],
) -> SplitGroup {
    let lens: Vec<u64> = splits.iter().map(|split| split.end - split.start).collect();
    let total: u64 = lens.iter().sum();
    let record_len = trial.spec.max_record;
    if !trial.code.can_be_sampled() {
        let growth = HeapsLaw::identity();
        return SplitGroup {
            lens,
            growth,
            record_len,
        };
    }
    // Parquet is compressed inside its row groups. Text in another encoding may be longer in UTF-8.
    let is_packed = |split: &Split| split.file.needs_decoding() || is_parquet(split);
    let packed = splits.iter().any(is_packed);
    if total <= SMALL_INPUT && !packed {
        let growth = HeapsLaw::upper_bound();
        return SplitGroup {
            lens,
            growth,
            record_len,
        };
    }
    let (size, most) = match compression {
        None => (SAMPLE_BYTES, MAX_EXCERPTS),
        Some(Compression::Bzip2) => (BZIP2_SAMPLE_BYTES, 1),
        Some(_) => (COMPRESSED_SAMPLE_BYTES, MAX_EXCERPTS),
    };
    let (small, large) = observe(trial, &excerpts(splits, size, most));
    SplitGroup {
        lens,
        growth: HeapsLaw::fit(small.size, large.size),
        record_len: large.size.records / large.records.max(1) + LONG_COUNT,
    }
}

/// Counts the excerpts one by one and all together, on two threads.
///
/// Every excerpt is counted twice, which shows how the distinct words of one excerpt grow with those of others.
fn observe(trial: &Trial<'_>, excerpts: &[Split]) -> (Counted, Counted) {
    let counted = thread::scope(|scope| {
        let large = scope.spawn(|| trial.count(excerpts));
        let small = match excerpts {
            [only] => trial.count(&[excerpt_of(only, (only.end - only.start) / 4)]),
            several => mean(several.iter().map(|one| trial.count(from_ref(one)))),
        };
        large.join().map(|large| (small, large))
    });
    counted.expect("running a job on a sample does not panic")
}

fn mean(all: impl ExactSizeIterator<Item = Counted>) -> Counted {
    let number = all.len() as u64;
    let (mut input, mut bytes, mut records) = (0, 0, 0);
    for counted in all {
        input += counted.size.input;
        bytes += counted.size.records;
        records += counted.records;
    }
    Counted {
        size: Observation {
            input: input / number,
            records: bytes / number,
        },
        records: records / number,
    }
}

//! Merging sections that are in the order of the hash: counts of equal keys are added up.
//!
//! The hashes are cut into stripes, so narrow that all records of a stripe fit a small table. From every
//! section the records of a stripe are added to the table, which then gives its keys in the order of the
//! hash; then the next stripe. There is no tree of comparisons, each section is read once from front to
//! back, and the table stays in the second-level cache.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, Ordering};

use xxhash_rust::xxh3::xxh3_64;

use super::error::ShuffleError;
use super::record;
use super::section::Section;
use crate::table::CountTable;
use mapreduce_core::key::ShortKey;

/// Records of a stripe: a table of as many short keys is 1 MB.
const STRIPE: u64 = 24 << 10;
/// Bytes of a stripe as they are stored, of all sections: long keys take memory beside the table.
const STRIPE_BYTES: u64 = 512 << 10;
/// More records than this no byte can hold, however it is compressed.
const DENSEST: u64 = 128;

/// The hashes of `partition` of `partitions`.
pub fn hashes(partition: u32, partitions: u32) -> RangeInclusive<u64> {
    let start = |partition: u32| (u128::from(partition) << 64).div_ceil(u128::from(partitions));
    start(partition) as u64..=(start(partition + 1) - 1) as u64
}

/// Calls `each` with the hash, key and count of each key of all `sections`, in the order of the hash.
///
/// The sections hold so many `records` in all, of `hashes` only. `table` is used for each stripe.
///
/// # Errors
/// Those of the sections, of `each`, and [`ShuffleError::Cancelled`] soon after `cancelled` is set.
pub fn merge(
    sections: &mut [Section],
    hashes: RangeInclusive<u64>,
    records: u64,
    table: &mut CountTable,
    cancelled: &AtomicBool,
    mut each: impl FnMut(u64, &[u8], u64) -> Result<(), ShuffleError>,
) -> Result<(), ShuffleError> {
    let bytes: u64 = sections.iter().map(Section::bytes_left).sum();
    let records = records.min(bytes.saturating_mul(DENSEST));
    let stripes = records.div_ceil(STRIPE).max(bytes.div_ceil(STRIPE_BYTES));
    let stripes = u128::from(stripes.max(1));
    let (first, last) = (u128::from(*hashes.start()), u128::from(*hashes.end()));
    let width = (last - first + 1).div_ceil(stripes);
    let mut start = first;
    while start <= last {
        if cancelled.load(Ordering::Relaxed) {
            return Err(ShuffleError::Cancelled);
        }
        let end = (start + width - 1).min(last);
        let stripe = start as u64..=end as u64;
        table.focus(stripe.clone(), (records as u128).div_ceil(stripes) as usize);
        for section in &mut *sections {
            add(section, &stripe, table)?;
        }
        let mut outcome = Ok(());
        table.each_sorted(|hash, key, count| {
            if outcome.is_ok() {
                outcome = each(hash, key, count);
            }
        });
        outcome?;
        start = end + 1;
    }
    for section in sections {
        if !section.records()?.is_empty() {
            return Err(section.lost("its records are not in the order of their hashes"));
        }
    }
    Ok(())
}

/// Adds the records of `section` that lie in `stripe`.
fn add(
    section: &mut Section,
    stripe: &RangeInclusive<u64>,
    table: &mut CountTable,
) -> Result<(), ShuffleError> {
    loop {
        let block = section.records()?;
        if block.is_empty() {
            return Ok(());
        }
        let (mut rest, mut records, mut beyond) = (block, 0, false);
        let mut bad = None;
        while !rest.is_empty() {
            let before = rest;
            let Some(found) = record::take(&mut rest) else {
                bad = Some("a record in it cannot be read");
                break;
            };
            let short = ShortKey::new(found.rest, found.len);
            let hash = short.map_or_else(|| xxh3_64(found.key()), ShortKey::hash);
            if hash > *stripe.end() {
                (rest, beyond) = (before, true);
                break;
            }
            if hash < *stripe.start() {
                bad = Some("its records are not in the order of their hashes");
                break;
            }
            match short {
                Some(key) => table.add_short(key, hash, found.count),
                None => table.add_long(found.key(), hash, found.count),
            }
            records += 1;
        }
        let taken = block.len() - rest.len();
        if let Some(what) = bad {
            return Err(section.lost(what));
        }
        section.took(taken, records)?;
        if beyond {
            return Ok(());
        }
    }
}

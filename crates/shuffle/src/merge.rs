//! Merging of sections that are sorted by hash. The counts of equal keys are added up.
//!
//! The range of hashes is divided into stripes, each narrow enough that its records fit into a small table. For each
//! stripe, the merge adds the records of all sections to the table and then reads the keys in the order of the hash.
//! This needs no tree of comparisons and reads each section once from start to end. The table stays in the L2 cache.

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicBool, Ordering};

use xxhash_rust::xxh3::xxh3_64;

use super::error::ShuffleError;
use super::record;
use super::section::Section;
use crate::table::CountTable;
use mapreduce_core::key::ShortKey;

/// Number of records in a stripe. A table of as many short keys takes 1 MB.
const STRIPE_RECORDS: u64 = 24 << 10;
/// Stored bytes in a stripe, over all sections. The limit is needed because long keys take memory outside of the slots.
const STRIPE_BYTES: u64 = 512 << 10;
/// Upper bound of records per stored byte, even with compression.
const MAX_RECORDS_PER_BYTE: u64 = 128;

/// Returns the range of hashes of `partition` if there are `partitions` of them.
pub fn hash_range(partition: u32, partitions: u32) -> RangeInclusive<u64> {
    let start = |partition: u32| (u128::from(partition) << 64).div_ceil(u128::from(partitions));
    start(partition) as u64..=(start(partition + 1) - 1) as u64
}

/// Calls `each` with the hash, key and total count of every key in `sections`, in the order of the hash.
///
/// `records` is the total number of records in the sections, and all their hashes lie in `hashes`. `table` is reused
/// for each stripe.
///
/// # Errors
/// Errors of the sections and of `each`, and [`ShuffleError::Cancelled`] soon after `cancelled` is set.
pub fn merge(
    sections: &mut [Section],
    hashes: RangeInclusive<u64>,
    records: u64,
    table: &mut CountTable,
    cancelled: &AtomicBool,
    mut each: impl FnMut(u64, &[u8], u64) -> Result<(), ShuffleError>,
) -> Result<(), ShuffleError> {
    let bytes: u64 = sections.iter().map(Section::bytes_left).sum();
    let records = records.min(bytes.saturating_mul(MAX_RECORDS_PER_BYTE));
    let stripes = records
        .div_ceil(STRIPE_RECORDS)
        .max(bytes.div_ceil(STRIPE_BYTES));
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
        table.restrict(
            stripe.clone(),
            u128::from(records).div_ceil(stripes) as usize,
        );
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
        if !section.unread_records()?.is_empty() {
            return Err(section.lost("damaged section: records are not sorted by hash"));
        }
    }
    Ok(())
}

/// Adds the records of `section` whose hashes lie in `stripe` to `table`.
fn add(
    section: &mut Section,
    stripe: &RangeInclusive<u64>,
    table: &mut CountTable,
) -> Result<(), ShuffleError> {
    loop {
        let block = section.unread_records()?;
        if block.is_empty() {
            return Ok(());
        }
        let (mut rest, mut records, mut beyond) = (block, 0, false);
        let mut bad = None;
        while !rest.is_empty() {
            let before = rest;
            let Some(found) = record::take(&mut rest) else {
                bad = Some("damaged section: invalid record");
                break;
            };
            let short = ShortKey::from_prefix(found.rest, found.len);
            let hash = short.map_or_else(|| xxh3_64(found.key()), ShortKey::hash);
            if hash > *stripe.end() {
                (rest, beyond) = (before, true);
                break;
            }
            if hash < *stripe.start() {
                bad = Some("damaged section: records are not sorted by hash");
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
        section.consume(taken, records)?;
        if beyond {
            return Ok(());
        }
    }
}

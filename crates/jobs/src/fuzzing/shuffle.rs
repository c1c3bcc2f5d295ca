//! Runs and partition results: their codec and their merge.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use mapreduce_core::key;
use mapreduce_shuffle::CountTable;
use mapreduce_shuffle::merge::{hash_range, merge};
use mapreduce_shuffle::{
    BlobKind, BlobWriter, CountReduce, RangeSource, Reduced, RunSection, Scratch, Section,
    SectionEntry, ShuffleError, WrittenBlob, merge_rows,
};

static GO_ON: AtomicBool = AtomicBool::new(false);

/// Reads arbitrary bytes as a blob, as the blocks of a section, and as the content of its blocks.
///
/// The readers must not panic, and must not allocate more memory than the bytes can decompress to.
///
/// # Panics
/// If a section returns more records than its entry declares.
pub fn blob(input: &[u8]) {
    let Some(([fetch, records, raw, number], bytes)) = input.split_first_chunk::<4>() else {
        return;
    };
    let (fetch, records) = (1 + usize::from(*fetch), u64::from(*records));
    let mut blob = Bytes::copy_from_slice(bytes);
    for kind in [BlobKind::Run, BlobKind::PartitionResult, BlobKind::Spill] {
        let partition = u32::from(*number);
        let entry = blob
            .read(SectionEntry::range(partition))
            .expect("it is in memory");
        let entry = entry.and_then(|entry| SectionEntry::read(&entry, kind, 0, partition));
        if let Some(entry) = entry {
            drain(&blob, &entry, fetch);
        }
    }
    // DecompressionError seldom leaves valid checksums, so these blocks get them. The records in the blocks are then read too.
    let mut sealed = Vec::new();
    for (at, stored) in bytes.chunks(1 + usize::from(*raw)).enumerate() {
        seal(BlobKind::Run, stored, stored.len(), at, &mut sealed);
    }
    let mut compressed = Vec::new();
    seal(
        BlobKind::Run,
        bytes,
        bytes.len() + usize::from(*raw) * 1000,
        0,
        &mut compressed,
    );
    for bytes in [blob, sealed.into(), compressed.into()] {
        let len = bytes.len() as u64;
        let entry = SectionEntry {
            offset: 0,
            len,
            records,
        };
        drain(&bytes, &entry, fetch);
    }
}

/// Appends a block with a valid checksum: block `number` of partition 0 in the blob of task 0.
pub(super) fn seal(kind: BlobKind, stored: &[u8], raw: usize, number: usize, into: &mut Vec<u8>) {
    let mut location = [0; 40];
    location[0] = match kind {
        BlobKind::Run => 1,
        BlobKind::PartitionResult => 2,
        BlobKind::Spill => 3,
        BlobKind::PairRun => 4,
        BlobKind::RowPartitionResult => 5,
        BlobKind::PairSpill => 6,
    };
    let numbers = [number, stored.len(), raw];
    for (at, number) in location[16..].chunks_exact_mut(8).zip(numbers) {
        at.copy_from_slice(&(number as u64).to_le_bytes());
    }
    into.extend((stored.len() as u32).to_le_bytes());
    into.extend((raw as u32).to_le_bytes());
    into.extend(xxh3_64_with_seed(stored, xxh3_64(&location)).to_le_bytes());
    into.extend(stored);
}

/// Reads a section in every way: record by record, as rows, and in a merge.
fn drain(blob: &Bytes, entry: &SectionEntry, fetch: usize) {
    let open = |number| {
        let location = (BlobKind::Run, 0, 0);
        Section::new(Box::new(blob.clone()), entry, location, fetch, number)
    };
    let mut section = open(0);
    let mut found = 0;
    while let Ok(Some(_)) = section.next_record() {
        found += 1;
    }
    assert!(found <= entry.records);
    // Both a result and an error are valid; only a panic is not.
    drop(merge_rows(&mut [open(0), open(1)], &GO_ON, |_, _| Ok(true)));
    let mut table = CountTable::default();
    let mut sum = 0u64;
    let merged = merge(
        &mut [open(0), open(1)],
        hash_range(0, 1),
        2 * entry.records,
        &mut table,
        &GO_ON,
        |_, _, _| {
            sum += 1;
            Ok(())
        },
    );
    assert!(merged.is_err() || sum <= entry.records);
}

/// Writes records made of the bytes to two runs and reduces them. The rows must have the total counts, in order.
///
/// # Panics
/// If the rows differ.
pub fn runs(input: &[u8]) {
    let Some(([partitions, compress, memory], bytes)) = input.split_first_chunk::<3>() else {
        return;
    };
    let partitions = 1 + u32::from(partitions % 5);
    let scratch = Scratch {
        // Spills to local files are slow, so only few inputs cause them.
        memory: if *memory == 0xff { 2 << 10 } else { 16 << 20 },
        folder: None,
    };
    let mut expected = BTreeMap::<Vec<u8>, u64>::new();
    let mut tables = [CountTable::default(), CountTable::default()];
    let (mut rest, mut nth) = (bytes, 0);
    while let Some(([len, count], more)) = rest.split_first_chunk::<2>() {
        let (key, more) = more.split_at(usize::from(len % 40).min(more.len()));
        let count = 1u64 << (count % 50);
        *expected.entry(key.to_vec()).or_default() += count;
        tables[nth % 2].add(key, count);
        (rest, nth) = (more, nth + 1);
    }
    let write = |(table, task): (&mut CountTable, u32)| {
        let (kind, compress) = (BlobKind::Run, compress % 2 == 1);
        let mut run = BlobWriter::new(kind, task, partitions, compress, usize::MAX, &scratch)?;
        let mut outcome = Ok(());
        table.each_sorted(|hash, key, count| {
            if outcome.is_ok() {
                outcome = run.push(key::partition(hash, partitions), key, count);
            }
        });
        outcome.and_then(|()| run.finish())
    };
    let runs: io::Result<Vec<_>> = tables.iter_mut().zip(0..).map(write).collect();
    let runs = runs.expect("memory takes it");
    let parts = (0..partitions).map(|partition| reduce(&runs, partition, partitions, &scratch));
    let parts: Result<Vec<_>, _> = parts.collect();
    let parts = parts.expect("what was written is read");
    let keys: u64 = parts.iter().map(|part| part.keys).sum();
    assert_eq!(keys, expected.len() as u64);
    assert_eq!(rows(&parts), in_order(expected));
}

fn reduce(
    runs: &[WrittenBlob],
    partition: u32,
    partitions: u32,
    scratch: &Scratch,
) -> Result<Reduced, ShuffleError> {
    let task = CountReduce {
        task: partition,
        partition,
        partitions,
        top: None,
        compress: partition % 2 == 1,
        scratch,
        cancelled: &GO_ON,
    };
    let sections = runs.iter().zip(0..).map(|(run, task)| {
        let mut source = run.bytes.source()?;
        Ok(RunSection {
            task,
            entry: entry(&mut *source, BlobKind::Run, task, partition),
            source,
        })
    });
    task.run(sections.collect::<io::Result<_>>()?)
}

pub(super) fn entry(
    source: &mut dyn RangeSource,
    kind: BlobKind,
    task: u32,
    partition: u32,
) -> SectionEntry {
    let bytes = source.read(SectionEntry::range(partition)).ok().flatten();
    let entry = bytes.and_then(|bytes| SectionEntry::read(&bytes, kind, task, partition));
    entry.expect("what was written is read")
}

/// Merges the rows of all partition results.
fn rows(parts: &[Reduced]) -> Vec<(Vec<u8>, u64)> {
    let sections = parts.iter().zip(0..).map(|(part, task)| {
        let mut source = part.partition_result.bytes.source().expect("it is there");
        let entry = entry(&mut *source, BlobKind::PartitionResult, task, 0);
        Section::new(
            source,
            &entry,
            (BlobKind::PartitionResult, task, 0),
            100,
            task as usize,
        )
    });
    let mut rows = Vec::new();
    let merged = merge_rows(&mut sections.collect::<Vec<_>>(), &GO_ON, |key, count| {
        rows.push((key.to_vec(), count));
        Ok(true)
    });
    merged.expect("what was written is read");
    rows
}

fn in_order(counts: BTreeMap<Vec<u8>, u64>) -> Vec<(Vec<u8>, u64)> {
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.sort_by(|(_, a), (_, b)| b.cmp(a));
    rows
}

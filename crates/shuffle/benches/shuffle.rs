//! Benchmarks of writing, reading and merging runs.

mod pairs;
mod words;

use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mapreduce_core::Tokenizer;
use mapreduce_formats::tokenizer::WordTokenizer;
use mapreduce_shuffle::CountTable;
use mapreduce_shuffle::merge::{hash_range, merge};
use mapreduce_shuffle::{
    BlobKind, BlobWriter, CountCollector, CountReduce, RunSection, Scratch, Section, SectionEntry,
    WrittenBlob,
};

pub(crate) static NOT_CANCELLED: AtomicBool = AtomicBool::new(false);
/// Number of map tasks whose runs are merged. The total text is about what one of 8 partitions gets from 16 splits of a
/// job with 512 MB of input.
const TASKS: usize = 16;
const BYTES: usize = TASKS * (4 << 20);
/// Memory in bytes, more than any benchmark needs, so that none spills.
const MEMORY: usize = 256 << 20;
/// Size of a fetch, in bytes.
const FETCH: usize = 256 << 10;

pub(crate) fn scratch() -> Scratch {
    Scratch {
        memory: MEMORY,
        folder: None,
    }
}

/// Returns the runs of all map tasks, each with one partition.
fn runs(compress: bool) -> Vec<Bytes> {
    let records = words::records(BYTES);
    let mut combiner = CountCollector::new(scratch());
    let mut tokenizer = WordTokenizer::new(Tokenizer::Spaces);
    let tasks = records.chunks(records.len().div_ceil(TASKS)).enumerate();
    let run = |(task, records): (usize, &[String])| {
        for record in records {
            tokenizer.each(record.as_bytes().into(), |word| combiner.add(word));
        }
        let run = combiner.finish_run(task as u32, 1, compress, &NOT_CANCELLED);
        whole(&run.expect("words make a run"))
    };
    tasks.map(run).collect()
}

pub(crate) fn whole(blob: &WrittenBlob) -> Bytes {
    let mut source = blob.bytes.source().expect("the blob is in memory");
    let bytes = source
        .read(0..blob.bytes.len())
        .expect("memory can be read");
    bytes.expect("the blob is complete")
}

fn entry(run: &Bytes, task: usize) -> SectionEntry {
    let range = SectionEntry::range(0);
    let bytes = &run[range.start as usize..range.end as usize];
    SectionEntry::read(bytes, BlobKind::Run, task as u32, 0).expect("the entry was written")
}

fn section(run: &Bytes, task: usize) -> Section {
    let location = (BlobKind::Run, task as u32, 0);
    Section::new(
        Box::new(run.clone()),
        &entry(run, task),
        location,
        FETCH,
        task,
    )
}

/// Returns all records of a run.
fn records(run: &Bytes) -> Vec<(Vec<u8>, u64)> {
    let mut section = section(run, 0);
    let mut records = Vec::new();
    while let Some(found) = section.next_record().expect("the run is valid") {
        records.push((found.key().to_vec(), found.count));
    }
    records
}

fn codec(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("run");
    for (name, compress) in [("plain", false), ("LZ4", true)] {
        let run = &runs(compress)[0];
        let records = records(run);
        group.throughput(Throughput::Elements(records.len() as u64));
        group.bench_function(format!("write, {name}"), |bencher| {
            bencher.iter(|| {
                let kind = BlobKind::Run;
                let mut writer = BlobWriter::new(kind, 0, 1, compress, MEMORY, &scratch())
                    .expect("memory can be written");
                for (key, count) in &records {
                    writer.push(0, key, *count).expect("memory can be written");
                }
                writer.finish().expect("memory can be written")
            });
        });
        group.bench_function(format!("read, {name}"), |bencher| {
            bencher.iter(|| {
                let (mut section, mut sum) = (section(run, 0), 0);
                while let Some(found) = section.next_record().expect("the run is valid") {
                    sum += found.count;
                }
                sum
            });
        });
    }
    group.finish();
}

fn merging(criterion: &mut Criterion) {
    let runs = runs(false);
    let runs = || runs.iter().enumerate();
    let count: u64 = runs().map(|(task, run)| entry(run, task).records).sum();
    let mut group = criterion.benchmark_group("merge");
    group.sample_size(10);
    group.throughput(Throughput::Elements(count));
    group.bench_function(format!("{TASKS} runs"), |bencher| {
        let mut table = CountTable::default();
        bencher.iter(|| {
            let mut sections: Vec<_> = runs().map(|(task, run)| section(run, task)).collect();
            let (mut keys, hashes) = (0, hash_range(0, 1));
            let each = |_, _: &[u8], _| {
                keys += 1;
                Ok(())
            };
            merge(
                &mut sections,
                hashes,
                count,
                &mut table,
                &NOT_CANCELLED,
                each,
            )
            .expect("the runs are valid");
            keys
        });
    });
    group.bench_function(format!("{TASKS} runs to a partition result"), |bencher| {
        let scratch = scratch();
        bencher.iter(|| {
            let sections = runs().map(|(task, run)| RunSection {
                task: task as u32,
                entry: entry(run, task),
                source: Box::new(run.clone()),
            });
            let reduce = CountReduce {
                task: TASKS as u32,
                partition: 0,
                partitions: 1,
                top: None,
                compress: false,
                scratch: &scratch,
                cancelled: &NOT_CANCELLED,
            };
            reduce.run(sections.collect()).expect("the runs are valid")
        });
    });
    group.finish();
}

criterion_group!(
    benches,
    codec,
    merging,
    pairs::collecting,
    pairs::merging,
    pairs::rows
);
criterion_main!(benches);

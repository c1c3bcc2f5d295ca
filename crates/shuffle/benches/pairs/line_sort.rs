//! Benchmarks of sorting lines. A line is the key of a pair with an empty value.

use std::sync::Arc;

use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput};
use mapreduce_core::JobError;
use mapreduce_core::key::hash;
use mapreduce_shuffle::{
    BlobKind, CollectOptions, PairCollector, PairReduce, PartitionBy, RowSink, RowSinkOptions,
    RunSection, Section, SectionEntry, each_row,
};
use mapreduce_shuffle::{RawValues, ReduceTask};

use crate::{NOT_CANCELLED, scratch, whole};

/// Length of a line, in bytes. The first ten bytes are random.
const LINE: usize = 100;
/// Number of map tasks whose runs are merged.
const TASKS: u64 = 64;
/// Size of a run, in bytes: what one of 8 partitions gets of a split of 16 MiB.
const RUN_BYTES: usize = 2 << 20;

/// Returns lines of `bytes` bytes in total, which differ for each `seed`.
fn lines(bytes: usize, seed: u64) -> Vec<u8> {
    let mut lines = Vec::with_capacity(bytes);
    for nth in 0..(bytes / LINE) as u64 {
        let mut line = [b'.'; LINE];
        let mut number = hash(&(nth | seed << 32).to_le_bytes());
        for byte in &mut line[..10] {
            *byte = b' ' + (number % 95) as u8;
            number /= 95;
        }
        lines.extend(line);
    }
    lines
}

/// Returns the run of a task that emits `lines`, partitioned by range.
fn run(lines: &[u8], task: u32, partitions: u8) -> Bytes {
    let bound = |nth: u8| Box::from([b' ' + (95 * u16::from(nth) / u16::from(partitions)) as u8]);
    let options = CollectOptions {
        partition: PartitionBy::Range(Arc::from_iter((1..partitions).map(bound))),
        sort_values: false,
        compress: false,
    };
    let mut collector = PairCollector::new(scratch(), options);
    for line in lines.chunks_exact(LINE) {
        collector
            .push(line, b"")
            .expect("the pairs fit into memory");
    }
    let run = collector.finish_run(task, None, &NOT_CANCELLED);
    whole(&run.expect("the pairs fit into memory"))
}

fn entry(blob: &Bytes, kind: BlobKind, task: u32) -> SectionEntry {
    let range = SectionEntry::range(0);
    let bytes = &blob[range.start as usize..range.end as usize];
    SectionEntry::read(bytes, kind, task, 0).expect("the entry was written")
}

/// Reducer that emits every pair as a row.
struct IdentityReducer;

impl ReduceTask for IdentityReducer {
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut RowSink,
    ) -> Result<(), JobError> {
        while let Some(value) = values.next() {
            out.push(0, key, None, value);
        }
        Ok(())
    }

    fn finish(&mut self, _: &mut RowSink) -> Result<(), JobError> {
        Ok(())
    }
}

/// Merges all runs to a partition result.
fn part(runs: &[Bytes]) -> Bytes {
    let sections = (0..).zip(runs).map(|(task, run)| RunSection {
        task,
        entry: entry(run, BlobKind::PairRun, task),
        source: Box::new(run.clone()),
    });
    let scratch = scratch();
    let reduce = PairReduce {
        partition: 0,
        sort_values: false,
        scratch: &scratch,
        cancelled: &NOT_CANCELLED,
    };
    let options = RowSinkOptions {
        sorted: true,
        outputs: 1,
        compress: false,
    };
    let mut out = RowSink::new(&scratch, options).for_task(0);
    let reduced = reduce.run(sections.collect(), &mut IdentityReducer, &mut out);
    reduced.expect("the runs are valid");
    let out = out
        .finish(&NOT_CANCELLED)
        .expect("the rows fit into memory");
    whole(
        &out.pack(0, &NOT_CANCELLED)
            .expect("the rows fit into memory"),
    )
}

fn runs() -> Vec<Bytes> {
    let run = |task| run(&lines(RUN_BYTES, task), task as u32, 1);
    (0..TASKS).map(run).collect()
}

pub(crate) fn collecting(criterion: &mut Criterion) {
    let lines = lines(16 << 20, 0);
    let mut group = criterion.benchmark_group("pairs");
    group.sample_size(20);
    group.throughput(Throughput::Elements((lines.len() / LINE) as u64));
    group.bench_function("collect 16 MiB of lines", |bencher| {
        bencher.iter_batched(|| (), |()| run(&lines, 0, 8), BatchSize::PerIteration);
    });
    group.finish();
}

pub(crate) fn merging(criterion: &mut Criterion) {
    let runs = runs();
    let mut group = criterion.benchmark_group("pairs");
    group.sample_size(10);
    group.throughput(Throughput::Elements(TASKS * (RUN_BYTES / LINE) as u64));
    group.bench_function(
        format!("merge {TASKS} runs to a partition result"),
        |bencher| {
            bencher.iter_batched(|| (), |()| part(&runs), BatchSize::PerIteration);
        },
    );
    group.finish();
}

pub(crate) fn rows(criterion: &mut Criterion) {
    let part = part(&runs());
    let mut group = criterion.benchmark_group("pairs");
    group.sample_size(10);
    group.throughput(Throughput::Bytes(2 * TASKS * RUN_BYTES as u64));
    for (name, sorted) in [("concatenated", false), ("merged", true)] {
        group.bench_function(format!("rows of 2 partition results, {name}"), |bencher| {
            bencher.iter(|| {
                let open = |number| {
                    let (source, location) =
                        (Box::new(part.clone()), (BlobKind::RowPartitionResult, 0, 0));
                    let entry = entry(&part, BlobKind::RowPartitionResult, 0);
                    Section::new(source, &entry, location, 256 << 10, number)
                };
                let (mut parts, mut bytes) = ([open(0), open(1)], 0);
                let each = each_row(&mut parts, sorted, &NOT_CANCELLED, |row| {
                    bytes += row.key.len();
                    Ok(true)
                });
                each.expect("the partition result is valid");
                bytes
            });
        });
    }
    group.finish();
}

//! Benchmark of the count table.

mod words;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use mapreduce_shuffle::CountTable;

/// Text sizes in bytes: a split of a small job, whose table fits into the caches, and one of a large job, whose table
/// does not.
const SIZES: [(&str, usize); 2] = [("1 MB of text", 1 << 20), ("32 MB of text", 32 << 20)];

fn table(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("table");
    group.sample_size(10);
    for (name, bytes) in SIZES {
        let text = words::records(bytes).join(" ");
        let words: Vec<&[u8]> = text.split(' ').map(str::as_bytes).collect();
        group.throughput(Throughput::Elements(words.len() as u64));
        let count = |mut table: CountTable| {
            words.iter().for_each(|word| table.add(word, 1));
            let distinct = table.len();
            (table, distinct)
        };
        group.bench_function(format!("count, {name}"), |bencher| {
            bencher.iter_batched(CountTable::default, count, BatchSize::LargeInput);
        });
        let (mut full, distinct) = count(CountTable::default());
        group.throughput(Throughput::Elements(distinct as u64));
        group.bench_function(format!("list, {name}"), |bencher| {
            bencher.iter_with_large_drop(|| full.pairs());
        });
    }
    group.finish();
}

criterion_group!(benches, table);
criterion_main!(benches);

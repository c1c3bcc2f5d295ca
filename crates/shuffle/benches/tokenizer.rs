//! Throughput of the tokenizers.

mod words;

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mapreduce_core::Tokenizer;
use mapreduce_formats::tokenizer::WordTokenizer;

/// Size of the text, in bytes. A text larger than the caches would measure the memory. A text that takes less than a
/// millisecond would measure noise.
const BYTES: usize = 1 << 20;

fn tokenizer(criterion: &mut Criterion) {
    let records = words::records(BYTES);
    let bytes: usize = records.iter().map(String::len).sum();
    let mut group = criterion.benchmark_group("tokenizer");
    group.throughput(Throughput::Bytes(bytes as u64));
    for (name, tokenizer) in [("spaces", Tokenizer::Spaces), ("words", Tokenizer::Words)] {
        let mut word_tokenizer = WordTokenizer::new(tokenizer);
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                let mut sum = 0;
                for record in &records {
                    word_tokenizer.each(record.as_bytes().into(), |word| sum += word.bytes().len());
                }
                black_box(sum)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, tokenizer);
criterion_main!(benches);

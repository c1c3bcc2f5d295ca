//! Tests from words to the result, through runs, sections and partition results.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use proptest::prelude::*;

use mapreduce_core::Word;
use mapreduce_core::{OutputFormat, Shape};
use mapreduce_core::{Pairs, key};
use mapreduce_formats::output::{RowLayout, assemble, assemble_in_memory, write_lists};
use mapreduce_shuffle::*;

static NOT_CANCELLED: AtomicBool = AtomicBool::new(false);

fn scratch(memory: usize) -> Scratch {
    Scratch {
        memory,
        folder: None,
    }
}

fn layout(format: OutputFormat) -> RowLayout {
    RowLayout::new(format, true, &Shape::sum())
}

fn whole(blob: &WrittenBlob) -> Bytes {
    let all = blob.bytes.source().unwrap().read(0..blob.bytes.len());
    all.unwrap().unwrap()
}

/// Returns the runs of map tasks that count the words of `tasks`.
fn runs(tasks: &[Vec<Vec<u8>>], partitions: u32, compress: bool, memory: usize) -> Vec<Bytes> {
    let mut collector = CountCollector::new(scratch(memory));
    let mut runs = Vec::new();
    for (task, words) in tasks.iter().enumerate() {
        for (at, word) in words.iter().enumerate() {
            collector.add(Word::prefix(word, word.len()));
            if at % 50 == 0 {
                collector.spill_if_full().unwrap();
            }
        }
        let run = collector
            .finish_run(task as u32, partitions, compress, &NOT_CANCELLED)
            .unwrap();
        assert_eq!(run.sum, words.len() as u64);
        runs.push(whole(&run));
    }
    runs
}

fn section(run: &Bytes, task: usize, partition: u32) -> RunSection {
    let entry = run
        .clone()
        .read(SectionEntry::range(partition))
        .unwrap()
        .unwrap();
    RunSection {
        task: task as u32,
        entry: SectionEntry::read(&entry, BlobKind::Run, task as u32, partition).unwrap(),
        source: Box::new(run.clone()),
    }
}

fn reduce(
    runs: &[Bytes],
    partition: u32,
    partitions: u32,
    memory: usize,
) -> Result<Reduced, ShuffleError> {
    let reduce = CountReduce {
        task: 100 + partition,
        partition,
        partitions,
        top: None,
        compress: partition % 2 == 1,
        scratch: &scratch(memory),
        cancelled: &NOT_CANCELLED,
    };
    let sections = runs
        .iter()
        .enumerate()
        .map(|(task, run)| section(run, task, partition));
    reduce.run(sections.collect())
}

fn part(blob: &Bytes, task: u32, number: usize) -> Section {
    let entry = blob.clone().read(SectionEntry::range(0)).unwrap().unwrap();
    let entry = SectionEntry::read(&entry, BlobKind::PartitionResult, task, 0).unwrap();
    Section::new(
        Box::new(blob.clone()),
        &entry,
        (BlobKind::PartitionResult, task, 0),
        1000,
        number,
    )
}

/// Returns the result of counting the words of `tasks`.
fn counted(tasks: &[Vec<Vec<u8>>], partitions: u32, compress: bool, memory: usize) -> String {
    let runs = runs(tasks, partitions, compress, memory);
    let parts: Vec<_> = (0..partitions)
        .map(|partition| {
            whole(
                &reduce(&runs, partition, partitions, memory)
                    .unwrap()
                    .partition_result,
            )
        })
        .collect();
    let open = || -> Vec<_> {
        let parts = parts.iter().enumerate();
        let parts = parts.map(|(at, blob)| part(blob, 100 + at as u32, at));
        parts.collect()
    };
    let mut text = Vec::new();
    let written = assemble(
        &mut open(),
        &layout(OutputFormat::Ndjson),
        None,
        &NOT_CANCELLED,
        &mut text,
    )
    .unwrap();
    for format in [OutputFormat::Ndjson, OutputFormat::Json] {
        let (mut one, mut several, layout) = (Vec::new(), Vec::new(), layout(format));
        assemble(&mut open(), &layout, None, &NOT_CANCELLED, &mut one).unwrap();
        let together = assemble_in_memory(open, 3, &layout, &NOT_CANCELLED, &mut several).unwrap();
        assert_eq!(together, written);
        assert!(one == several, "the result of several threads differs");
    }
    String::from_utf8(text).unwrap()
}

fn expected(tasks: &[Vec<Vec<u8>>]) -> String {
    let mut counts = BTreeMap::new();
    for word in tasks.iter().flatten() {
        *counts.entry(&word[..]).or_default() += 1;
    }
    let pairs: Pairs = counts.into_iter().collect();
    let mut text = Vec::new();
    write_lists(&[pairs], 1, &layout(OutputFormat::Ndjson), None, &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

fn numbered(tasks: usize, words: usize, distinct: usize) -> Vec<Vec<Vec<u8>>> {
    let word = |n: usize| format!("{}{}", "x".repeat(n % 23), n % distinct).into_bytes();
    (0..tasks)
        .map(|task| (0..words).map(|at| word(task * 7919 + at)).collect())
        .collect()
}

#[test]
fn the_result_does_not_depend_on_the_number_of_partitions() {
    let tasks = numbered(3, 20_000, 9_000);
    let expected = expected(&tasks);
    for partitions in [1, 2, 3, 64] {
        for compress in [false, true] {
            assert!(
                counted(&tasks, partitions, compress, 64 << 20) == expected,
                "{partitions}"
            );
        }
    }
}

#[test]
fn the_result_is_the_same_with_little_memory_and_local_files() {
    let tasks = numbered(40, 5_000, 60_000);
    let expected = expected(&tasks);
    for memory in [1 << 20, 300 << 10] {
        assert!(counted(&tasks, 2, true, memory) == expected, "{memory}");
    }
}

#[test]
fn a_reduce_task_returns_only_the_requested_top_rows() {
    let runs = runs(&numbered(2, 1000, 300), 1, false, 64 << 20);
    for memory in [64 << 20, 20 << 10] {
        let reduce = CountReduce {
            task: 2,
            partition: 0,
            partitions: 1,
            top: Some(5),
            compress: false,
            scratch: &scratch(memory),
            cancelled: &NOT_CANCELLED,
        };
        let sections = runs
            .iter()
            .enumerate()
            .map(|(task, run)| section(run, task, 0));
        let reduced = reduce.run(sections.collect()).unwrap();
        assert_eq!(
            (
                reduced.partition_result.records,
                reduced.keys > 300,
                reduced.sum
            ),
            (5, true, 2000)
        );
    }
}

#[test]
fn a_cancelled_attempt_stops() {
    let cancelled = AtomicBool::new(true);
    let runs = runs(&numbered(2, 1000, 300), 1, false, 64 << 20);
    let reduce = CountReduce {
        task: 2,
        partition: 0,
        partitions: 1,
        top: None,
        compress: false,
        scratch: &scratch(1 << 20),
        cancelled: &cancelled,
    };
    let sections = runs
        .iter()
        .enumerate()
        .map(|(task, run)| section(run, task, 0));
    let error = reduce.run(sections.collect()).unwrap_err();
    assert!(matches!(error, ShuffleError::Cancelled), "{error}");
}

#[test]
fn runs_do_not_depend_on_the_order_of_words_or_the_memory() {
    let mut tasks = numbered(1, 5_000, 2_000);
    let first = runs(&tasks, 4, true, 64 << 20);
    tasks[0].reverse();
    assert_eq!(runs(&tasks, 4, true, 64 << 20), first);
    assert_eq!(runs(&tasks, 4, true, 200 << 10), first);
}

#[test]
fn the_format_of_a_run_is_version_1() {
    let words = [
        "to",
        "be",
        "or",
        "not",
        "to",
        "be",
        "a word that is rather long",
    ];
    let words = words.map(|word| word.as_bytes().to_vec()).to_vec();
    let run = &runs(&[words], 2, false, 64 << 20)[0];
    assert_eq!(
        key::hash(run),
        GOLDEN,
        "the run format has changed; change its name too"
    );
}

/// Hash of the run in [`the_format_of_a_run_is_version_1`].
const GOLDEN: u64 = 744_884_667_709_931_792;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn merged_runs_match_a_map(
        tasks in prop::collection::vec(prop::collection::vec(prop::collection::vec(0u8..3, 0..20), 0..200), 0..6),
        partitions in 1u32..9, compress: bool, memory in prop::sample::select(vec![1usize << 10, 100 << 10, 64 << 20]),
    ) {
        let texts: Vec<Vec<Vec<u8>>> = tasks
            .iter()
            .map(|words| words.iter().map(|word| word.iter().map(|b| b"ab\0"[*b as usize]).collect()).collect())
            .collect();
        prop_assert_eq!(counted(&texts, partitions, compress, memory), expected(&texts));
    }

    #[test]
    fn damage_is_detected_or_harmless(at: prop::sample::Index, change in 1u8.., compress: bool, cut: bool) {
        let tasks = numbered(2, 400, 300);
        let good = runs(&tasks, 2, compress, 64 << 20);
        let mut bytes = good[1].to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        if cut {
            bytes.truncate(at);
        }
        let bad = [good[0].clone(), Bytes::from(bytes)];
        for partition in 0..2 {
            let entry = bad[1].clone().read(SectionEntry::range(partition)).unwrap();
            let valid = entry.is_some_and(|entry| SectionEntry::read(&entry, BlobKind::Run, 1, partition).is_some());
            if !valid {
                continue;
            }
            match reduce(&bad, partition, 2, 64 << 20) {
                Ok(reduced) => {
                    let right = reduce(&good, partition, 2, 64 << 20).unwrap();
                    prop_assert_eq!(whole(&reduced.partition_result), whole(&right.partition_result));
                }
                Err(ShuffleError::Lost { section: 1, .. }) => {}
                Err(error) => return Err(TestCaseError::fail(error.to_string())),
            }
        }
    }

    #[test]
    fn the_reader_never_panics_on_arbitrary_bytes(bytes: Vec<u8>, offset in 0u64..40, len in 0u64..100, records in 0u64..9) {
        let entry = SectionEntry { offset, len, records };
        let mut read = Section::new(Box::new(Bytes::from(bytes)), &entry, (BlobKind::Run, 0, 0), 7, 0);
        while let Ok(Some(_)) = read.next_record() {}
    }
}

//! From pairs to rows, through runs, sections and parts.

mod rows;
mod wrong;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::count_reduce::RunSection;
use crate::entry::{BlobKind, Entry};
use crate::error::ShuffleError;
use crate::range_source::RangeSource;
use crate::section::Section;
use crate::spool::Scratch;
use crate::{CombineTask, RawValues, ReduceTask};
use mapreduce_core::JobError;
use mapreduce_core::key;

static GO_ON: AtomicBool = AtomicBool::new(false);
const LARGE: usize = 64 << 20;

type Pair = (Vec<u8>, Vec<u8>);
type Groups = BTreeMap<Vec<u8>, Vec<Vec<u8>>>;

fn scratch(memory: usize) -> Scratch {
    Scratch {
        memory,
        folder: None,
    }
}

fn whole(bytes: &crate::Spooled) -> Bytes {
    let all = bytes.source().unwrap().read(0..bytes.len());
    all.unwrap().unwrap()
}

/// How a test collects and reduces.
#[derive(Debug, Clone)]
struct Setup {
    partition: PartitionBy,
    sort_values: bool,
    compress: bool,
    combine: bool,
    memory: usize,
}

impl Setup {
    fn plain(partitions: u32) -> Self {
        Self {
            partition: PartitionBy::Hash(partitions),
            sort_values: false,
            compress: false,
            combine: false,
            memory: LARGE,
        }
    }

    fn run(&self, task: u32, pairs: &[Pair]) -> Bytes {
        let options = CollectOptions {
            partition: self.partition.clone(),
            sort_values: self.sort_values,
            compress: self.compress,
        };
        let mut collector = PairCollector::new(scratch(self.memory), options);
        if self.combine {
            collector = collector.with_combiner(Box::new(Joining(self.sort_values)));
        }
        for (key, value) in pairs {
            collector.push(key, value).unwrap();
        }
        let run = collector.finish_run(task, None, &GO_ON).unwrap().unwrap();
        assert_eq!(run.sum, run.records);
        if !self.combine {
            assert_eq!(run.sum, pairs.len() as u64);
        }
        whole(&run.bytes)
    }

    fn runs(&self, tasks: &[Vec<Pair>]) -> Vec<Bytes> {
        let tasks = (0..).zip(tasks);
        tasks.map(|(task, pairs)| self.run(task, pairs)).collect()
    }

    fn reduce(
        &self,
        runs: &[Bytes],
        partition: u32,
        reducer: &mut dyn ReduceTask,
        out: &mut RowSink,
    ) -> Result<Result<PairReduced, JobError>, ShuffleError> {
        let sections = (0..).zip(runs).filter_map(|(task, run)| {
            Some(RunSection {
                task,
                entry: entry(run, BlobKind::PairRun, task, partition)?,
                source: Box::new(run.clone()),
            })
        });
        let reduce = PairReduce {
            partition,
            sort_values: self.sort_values,
            scratch: &scratch(self.memory),
            cancelled: &GO_ON,
        };
        reduce.run(sections.collect(), reducer, out)
    }

    /// All groups of all partitions, which have no key in common.
    fn groups(&self, runs: &[Bytes], partitions: u32) -> Groups {
        let mut all = Groups::new();
        for partition in 0..partitions {
            let mut seen = Seen::default();
            let mut out = sink(self.memory, false, 1);
            let reduced = self.reduce(runs, partition, &mut seen, &mut out);
            let reduced = reduced.unwrap().unwrap();
            assert_eq!(reduced.keys, seen.0.len() as u64);
            let values: usize = seen.0.iter().map(|(_, values)| values.len()).sum();
            assert_eq!(reduced.pairs, values as u64);
            assert!(seen.0.is_sorted_by(|a, b| a.0 < b.0));
            for (key, values) in seen.0 {
                assert!(all.insert(key, values).is_none());
            }
        }
        all
    }
}

fn entry(blob: &Bytes, kind: BlobKind, task: u32, partition: u32) -> Option<Entry> {
    let bytes = blob.clone().read(Entry::range(partition)).unwrap()?;
    Entry::read(&bytes, kind, task, partition)
}

fn sink(memory: usize, sorted: bool, outputs: u32) -> RowSink {
    let options = RowSinkOptions {
        sorted,
        outputs,
        compress: false,
    };
    RowSink::new(&scratch(memory), options)
}

/// A combiner that joins values, or, if they are to be sorted, gives them back in a wrong order.
struct Joining(bool);

impl CombineTask for Joining {
    fn combine(
        &mut self,
        _: &[u8],
        values: &mut dyn RawValues,
        put: &mut dyn FnMut(&[u8]),
    ) -> Result<(), JobError> {
        let mut all = Vec::new();
        while let Some(value) = values.next() {
            all.push(value.to_vec());
        }
        match self.0 {
            true => all.iter().rev().for_each(|value| put(value)),
            false => put(&all.concat()),
        }
        Ok(())
    }
}

#[derive(Default)]
struct Seen(Vec<(Vec<u8>, Vec<Vec<u8>>)>);

impl ReduceTask for Seen {
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        _: &mut RowSink,
    ) -> Result<(), JobError> {
        let mut all = Vec::new();
        while let Some(value) = values.next() {
            all.push(value.to_vec());
        }
        self.0.push((key.to_vec(), all));
        Ok(())
    }

    fn finish(&mut self, _: &mut RowSink) -> Result<(), JobError> {
        Ok(())
    }
}

fn expected(tasks: &[Vec<Pair>], sort_values: bool) -> Groups {
    let mut groups = Groups::new();
    for (key, value) in tasks.iter().flatten() {
        groups.entry(key.clone()).or_default().push(value.clone());
    }
    if sort_values {
        groups.values_mut().for_each(|values| values.sort());
    }
    groups
}

fn joined(groups: Groups) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let join = |(key, values): (Vec<u8>, Vec<Vec<u8>>)| (key, values.concat());
    groups.into_iter().map(join).collect()
}

fn numbered(count: usize, different: usize) -> Vec<Pair> {
    let key = |n: usize| format!("{}{}", "x".repeat(n % 23), n % different);
    let pair = |n: usize| (key(n * 7919).into_bytes(), format!("{n}").into_bytes());
    (0..count).map(pair).collect()
}

/// Keys that are alike for long, of all lengths, with zeros.
fn keys() -> impl Strategy<Value = Vec<u8>> {
    let short = prop::collection::vec(prop::sample::select(&b"\0ab\xff"[..]), 0..4);
    (prop::sample::select(vec![0usize, 7, 8, 14, 40]), short)
        .prop_map(|(shared, rest)| [vec![b'x'; shared], rest].concat())
}

fn any_pairs(most: usize) -> impl Strategy<Value = Vec<Pair>> {
    let value = prop::collection::vec(prop::sample::select(&b"\0cd"[..]), 0..12);
    prop::collection::vec((keys(), value), 0..most)
}

fn partition_by() -> impl Strategy<Value = PartitionBy> {
    prop_oneof![
        (1u32..5).prop_map(PartitionBy::Hash),
        prop::collection::btree_set(keys(), 0..4).prop_map(|bounds| {
            let bounds: Vec<_> = bounds.into_iter().map(Vec::into_boxed_slice).collect();
            PartitionBy::Range(Arc::from(bounds))
        }),
        Just(PartitionBy::Only {
            partition: 1,
            of: 3
        }),
    ]
}

fn setups() -> impl Strategy<Value = Setup> {
    let memory = prop::sample::select(vec![64usize, 2 << 10, LARGE]);
    (partition_by(), any::<[bool; 3]>(), memory).prop_map(|(partition, flags, memory)| Setup {
        partition,
        sort_values: flags[0],
        compress: flags[1],
        combine: flags[2],
        memory,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn groups_are_those_of_a_map_with_values_as_they_came(
        tasks in prop::collection::vec(any_pairs(40), 0..7), setup in setups(),
    ) {
        let runs = setup.runs(&tasks);
        let partitions = partition::Partitioner::new(setup.partition.clone()).count();
        let groups = setup.groups(&runs, partitions);
        let expected = expected(&tasks, setup.sort_values);
        if setup.combine && !setup.sort_values {
            prop_assert_eq!(joined(groups), joined(expected));
        } else {
            prop_assert_eq!(groups, expected);
        }
    }

    #[test]
    fn memory_changes_no_byte_of_a_run(pairs in any_pairs(60), setup in setups()) {
        let large = Setup { memory: LARGE, ..setup.clone() };
        prop_assert_eq!(setup.run(3, &pairs), large.run(3, &pairs));
    }

    #[test]
    fn damage_is_noticed_or_changes_nothing(at: prop::sample::Index, change in 1u8.., compress: bool, cut: bool) {
        let setup = Setup { compress, ..Setup::plain(2) };
        let tasks = [numbered(300, 100), numbered(300, 200)];
        let good = setup.runs(&tasks);
        let mut bytes = good[1].to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        if cut {
            bytes.truncate(at);
        }
        let bad = [good[0].clone(), Bytes::from(bytes)];
        for partition in 0..2 {
            if entry(&bad[1], BlobKind::PairRun, 1, partition).is_none() {
                continue;
            }
            let mut seen = Seen::default();
            match setup.reduce(&bad, partition, &mut seen, &mut sink(LARGE, false, 1)) {
                Ok(reduced) => {
                    reduced.unwrap();
                    let mut right = Seen::default();
                    let again = setup.reduce(&good, partition, &mut right, &mut sink(LARGE, false, 1));
                    again.unwrap().unwrap();
                    prop_assert_eq!(seen.0, right.0);
                }
                Err(ShuffleError::Lost { section: 1, .. }) => {}
                Err(error) => return Err(TestCaseError::fail(error.to_string())),
            }
        }
    }

    #[test]
    fn no_bytes_make_a_reader_panic(bytes: Vec<u8>, offset in 0u64..40, len in 0u64..100, records in 0u64..9) {
        let entry = Entry { offset, len, records };
        let mut read = Section::new(Box::new(Bytes::from(bytes)), &entry, (BlobKind::PairRun, 0, 0), 7, 0);
        while let Ok(true) = read.next_pair() {}
    }
}

#[test]
fn many_pairs_come_back_through_local_files() {
    for (combine, sort_values) in [(false, false), (false, true), (true, true)] {
        let setup = Setup {
            sort_values,
            combine,
            memory: 100 << 10,
            ..Setup::plain(3)
        };
        let tasks = [numbered(20_000, 3000), numbered(10_000, 70)];
        let groups = setup.groups(&setup.runs(&tasks), 3);
        assert!(groups == expected(&tasks, sort_values), "{setup:?}");
    }
}

#[test]
fn a_mapper_that_emits_far_more_than_its_memory_is_held_to_it() {
    let options = CollectOptions {
        partition: PartitionBy::Hash(4),
        sort_values: false,
        compress: false,
    };
    let mut collector = PairCollector::new(scratch(1 << 20), options);
    for n in 0..100_000u64 {
        let hash = key::hash(&n.to_le_bytes());
        collector.push(&hash.to_le_bytes(), &[7; 90]).unwrap();
    }
    let run = collector.finish_run(0, None, &GO_ON).unwrap().unwrap();
    assert_eq!(run.sum, 100_000);
    assert!(matches!(run.bytes, crate::Spooled::File(..)));
}

#[test]
fn a_pair_beyond_all_memory_is_taken_alone() {
    let setup = Setup {
        memory: 1000,
        ..Setup::plain(1)
    };
    let long = (vec![b'k'; 50_000], vec![b'v'; 70_000]);
    let tasks = [vec![long.clone(), (b"a".to_vec(), Vec::new()), long]];
    assert_eq!(
        setup.groups(&setup.runs(&tasks), 1),
        expected(&tasks, false)
    );
}

#[test]
fn a_stop_is_heard() {
    let stop = AtomicBool::new(true);
    let setup = Setup::plain(1);
    let runs = setup.runs(&[numbered(100, 10)]);
    let section = RunSection {
        task: 0,
        entry: entry(&runs[0], BlobKind::PairRun, 0, 0).unwrap(),
        source: Box::new(runs[0].clone()),
    };
    let reduce = PairReduce {
        partition: 0,
        sort_values: false,
        scratch: &scratch(LARGE),
        cancelled: &stop,
    };
    let mut out = sink(LARGE, false, 1);
    out.push(0, b"a", None, b"");
    let reduced = reduce.run(vec![section], &mut Seen::default(), &mut out);
    assert!(matches!(reduced, Err(ShuffleError::Cancelled)));
    let part = out.finish(&GO_ON).unwrap().pack(0, &stop);
    assert!(matches!(part, Err(ShuffleError::Cancelled)));
}

#[test]
fn the_bytes_of_runs_and_parts_are_those_of_version_1() {
    let pairs = [("to", "1"), ("be", "2"), ("or", ""), ("be", "3")];
    let pairs = pairs.map(|(key, value)| (key.into(), value.into()));
    let run = Setup::plain(2).run(5, &pairs);
    let mut out = sink(LARGE, true, 2);
    out.push(0, b"to", None, b"1");
    out.push(1, b"\0\x07", Some(b"7"), b"two");
    out.push(0, b"be", Some(b"be"), b"");
    let part = whole(&out.finish(&GO_ON).unwrap().pack(9, &GO_ON).unwrap().bytes);
    assert_eq!(
        (&run[..8], &part[..8]),
        (&b"mr-pair1"[..], &b"mr-rows1"[..])
    );
    assert_eq!(
        [key::hash(&run), key::hash(&part)],
        GOLDEN,
        "a format has changed: its name must change with it"
    );
}

/// Hashes of the blobs of [`the_bytes_of_runs_and_parts_are_those_of_version_1`].
const GOLDEN: [u64; 2] = [14_350_670_880_558_511_810, 17_909_267_526_107_054_459];

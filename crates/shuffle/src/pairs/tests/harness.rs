//! Helpers that write runs and reduce them, and input strategies.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use mapreduce_core::JobError;
use proptest::prelude::*;

use crate::combine_task::{CombineTask, RawValues};
use crate::count_reduce::RunSection;
use crate::entry::{BlobKind, SectionEntry};
use crate::error::PairError;
use crate::pairs::collector::{CollectOptions, PairCollector};
use crate::pairs::partition_by::PartitionBy;
use crate::pairs::reduce::{PairReduce, ReduceInputStats};
use crate::pairs::reduce_task::ReduceTask;
use crate::pairs::rows::{RowSink, RowSinkOptions};
use crate::range_source::RangeSource;
use crate::spool::{Scratch, Spooled};

pub(super) static NOT_CANCELLED: AtomicBool = AtomicBool::new(false);
pub(super) const LARGE: usize = 64 << 20;

pub(super) type Pair = (Vec<u8>, Vec<u8>);
pub(super) type Groups = BTreeMap<Vec<u8>, Vec<Vec<u8>>>;

pub(super) fn scratch(memory: usize) -> Scratch {
    Scratch {
        memory,
        folder: None,
    }
}

pub(super) fn whole(bytes: &Spooled) -> Bytes {
    let all = bytes.source().unwrap().read(0..bytes.len());
    all.unwrap().unwrap()
}

/// Configuration of collectors and reducers in a test.
#[derive(Debug, Clone)]
pub(super) struct Setup {
    pub(super) partition: PartitionBy,
    pub(super) sort_values: bool,
    pub(super) compress: bool,
    pub(super) combine: bool,
    pub(super) memory: usize,
}

impl Setup {
    pub(super) fn plain(partitions: u32) -> Self {
        Self {
            partition: PartitionBy::Hash(partitions),
            sort_values: false,
            compress: false,
            combine: false,
            memory: LARGE,
        }
    }

    pub(super) fn run(&self, task: u32, pairs: &[Pair]) -> Bytes {
        let options = CollectOptions {
            partition: self.partition.clone(),
            sort_values: self.sort_values,
            compress: self.compress,
        };
        let mut collector = PairCollector::new(scratch(self.memory), options);
        if self.combine {
            collector = collector.with_combiner(Box::new(JoiningCombiner(self.sort_values)));
        }
        for (key, value) in pairs {
            collector.push(key, value).unwrap();
        }
        let run = collector.finish_run(task, None, &NOT_CANCELLED).unwrap();
        assert_eq!(run.sum, run.records);
        if !self.combine {
            assert_eq!(run.sum, pairs.len() as u64);
        }
        whole(&run.bytes)
    }

    pub(super) fn runs(&self, tasks: &[Vec<Pair>]) -> Vec<Bytes> {
        let tasks = (0..).zip(tasks);
        tasks.map(|(task, pairs)| self.run(task, pairs)).collect()
    }

    pub(super) fn reduce(
        &self,
        runs: &[Bytes],
        partition: u32,
        reducer: &mut dyn ReduceTask,
        out: &mut RowSink,
    ) -> Result<ReduceInputStats, PairError> {
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
            cancelled: &NOT_CANCELLED,
        };
        reduce.run(sections.collect(), reducer, out)
    }

    /// Returns the groups of all partitions, and checks that partitions have no key in common.
    pub(super) fn groups(&self, runs: &[Bytes], partitions: u32) -> Groups {
        let mut all = Groups::new();
        for partition in 0..partitions {
            let mut seen = CollectingReducer::default();
            let mut out = sink(self.memory, false, 1);
            let reduced = self.reduce(runs, partition, &mut seen, &mut out);
            let reduced = reduced.unwrap();
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

pub(super) fn entry(
    blob: &Bytes,
    kind: BlobKind,
    task: u32,
    partition: u32,
) -> Option<SectionEntry> {
    let bytes = blob.clone().read(SectionEntry::range(partition)).unwrap()?;
    SectionEntry::read(&bytes, kind, task, partition)
}

pub(super) fn sink(memory: usize, sorted: bool, outputs: u32) -> RowSink {
    let options = RowSinkOptions {
        sorted,
        outputs,
        compress: false,
    };
    RowSink::new(&scratch(memory), options)
}

/// Combiner that concatenates values or, if values are sorted, returns them in reverse order.
pub(super) struct JoiningCombiner(bool);

impl CombineTask for JoiningCombiner {
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
pub(super) struct CollectingReducer(pub(super) Vec<(Vec<u8>, Vec<Vec<u8>>)>);

impl ReduceTask for CollectingReducer {
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

pub(super) fn expected(tasks: &[Vec<Pair>], sort_values: bool) -> Groups {
    let mut groups = Groups::new();
    for (key, value) in tasks.iter().flatten() {
        groups.entry(key.clone()).or_default().push(value.clone());
    }
    if sort_values {
        groups.values_mut().for_each(|values| values.sort());
    }
    groups
}

pub(super) fn joined(groups: Groups) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let join = |(key, values): (Vec<u8>, Vec<Vec<u8>>)| (key, values.concat());
    groups.into_iter().map(join).collect()
}

pub(super) fn numbered(count: usize, distinct: usize) -> Vec<Pair> {
    let key = |n: usize| format!("{}{}", "x".repeat(n % 23), n % distinct);
    let pair = |n: usize| (key(n * 7919).into_bytes(), format!("{n}").into_bytes());
    (0..count).map(pair).collect()
}

/// Keys of various lengths with long common prefixes and with zero bytes.
pub(super) fn keys() -> impl Strategy<Value = Vec<u8>> {
    let short = prop::collection::vec(prop::sample::select(&b"\0ab\xff"[..]), 0..4);
    (prop::sample::select(vec![0usize, 7, 8, 14, 40]), short)
        .prop_map(|(shared, rest)| [vec![b'x'; shared], rest].concat())
}

pub(super) fn any_pairs(most: usize) -> impl Strategy<Value = Vec<Pair>> {
    let value = prop::collection::vec(prop::sample::select(&b"\0cd"[..]), 0..12);
    prop::collection::vec((keys(), value), 0..most)
}

pub(super) fn partition_by() -> impl Strategy<Value = PartitionBy> {
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

pub(super) fn setups() -> impl Strategy<Value = Setup> {
    let memory = prop::sample::select(vec![64usize, 2 << 10, LARGE]);
    (partition_by(), any::<[bool; 3]>(), memory).prop_map(|(partition, flags, memory)| Setup {
        partition,
        sort_values: flags[0],
        compress: flags[1],
        combine: flags[2],
        memory,
    })
}

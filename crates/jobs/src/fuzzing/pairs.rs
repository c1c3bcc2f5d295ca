//! Sections of pairs: their readers, and the sort, merge and reduce steps.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;

use bytes::Bytes;

use super::shuffle::{entry, seal};
use mapreduce_core::JobError;
use mapreduce_shuffle::{
    BlobKind, CollectOptions, PairCollector, PairError, PairReduce, PartitionBy, RowSink,
    RowSinkOptions, RunSection, Scratch, Section, SectionEntry, WrittenBlob, each_row,
};
use mapreduce_shuffle::{RawValues, ReduceTask};

static GO_ON: AtomicBool = AtomicBool::new(false);

/// Reads arbitrary bytes as a section of pairs or rows, and as the content of its blocks. Then writes pairs made of the
/// bytes and reduces them.
///
/// # Panics
/// If a section returns another number of records than its entry declares, or the reduced pairs differ from the written
/// ones.
pub fn pairs(input: &[u8]) {
    let Some(([fetch, records, chunk, memory], bytes)) = input.split_first_chunk::<4>() else {
        return;
    };
    let (fetch, records) = (1 + usize::from(*fetch), u64::from(*records));
    for kind in [BlobKind::PairRun, BlobKind::RowPartitionResult] {
        let mut sealed = Vec::new();
        for (at, stored) in bytes.chunks(1 + usize::from(*chunk)).enumerate() {
            seal(kind, stored, stored.len(), at, &mut sealed);
        }
        for blob in [Bytes::copy_from_slice(bytes), sealed.into()] {
            drain(&blob, kind, records, fetch);
        }
    }
    // Spills to local files are slow, so only few inputs cause them.
    let memory = if *memory == 0xff { 2 << 10 } else { 16 << 20 };
    come_back(
        bytes,
        memory,
        1 + u32::from(fetch as u8 % 3),
        records % 2 == 1,
    );
}

/// Reads a section in every way: as unsorted rows, as sorted rows, and as input of a reducer.
fn drain(blob: &Bytes, kind: BlobKind, records: u64, fetch: usize) {
    let entry = SectionEntry {
        offset: 0,
        len: blob.len() as u64,
        records,
    };
    let open = |number| Section::new(Box::new(blob.clone()), &entry, (kind, 0, 0), fetch, number);
    for sorted in [false, true] {
        let mut rows = 0;
        let each = each_row(&mut [open(0), open(1)], sorted, &GO_ON, |_| {
            rows += 1;
            Ok(true)
        });
        assert!(each.is_err() || rows == 2 * records);
    }
    let run = || RunSection {
        task: 0,
        entry,
        source: Box::new(blob.clone()),
    };
    let scratch = scratch(16 << 20);
    let (mut seen, mut out) = (Seen::default(), sink(&scratch));
    let reduced = reduce(&scratch, false).run(vec![run(), run()], &mut seen, &mut out);
    assert!(
        !matches!(reduced, Err(PairError::Job(_))),
        "the reducer never fails"
    );
    if let Ok(reduced) = reduced {
        assert_eq!(reduced.pairs, 2 * records);
        assert!(seen.0.is_sorted_by(|a, b| a.0 < b.0));
    }
}

/// Emits pairs made of the bytes from two map tasks, and checks that reducing them returns the same groups.
fn come_back(bytes: &[u8], memory: usize, partitions: u32, sort_values: bool) {
    let scratch = scratch(memory);
    let new = || {
        let options = CollectOptions {
            partition: PartitionBy::Hash(partitions),
            sort_values,
            compress: partitions == 2,
        };
        PairCollector::new(scratch.clone(), options)
    };
    let mut tasks = [new(), new()];
    let mut expected = [const { Vec::new() }; 2];
    let (mut rest, mut nth) = (bytes, 0);
    while let Some(([key, value], more)) = rest.split_first_chunk::<2>() {
        let (key, more) = more.split_at(usize::from(key % 24).min(more.len()));
        let (value, more) = more.split_at(usize::from(value % 24).min(more.len()));
        let task = nth % 2;
        tasks[task].push(key, value).expect("memory takes it");
        expected[task].push((key, value));
        (rest, nth) = (more, nth + 1);
    }
    let mut groups = BTreeMap::<_, Vec<_>>::new();
    for (key, value) in expected.concat() {
        groups.entry(key.to_vec()).or_default().push(value.to_vec());
    }
    if sort_values {
        groups.values_mut().for_each(|values| values.sort());
    }
    let runs = (0..).zip(tasks).map(|(task, collector)| {
        let run = collector.finish_run(task, None, &GO_ON);
        run.expect("memory takes it")
    });
    let runs: Vec<_> = runs.collect();
    let mut seen = Vec::new();
    for partition in 0..partitions {
        seen.extend(reduced(&runs, partition, &scratch, sort_values));
    }
    seen.sort();
    assert!(seen.into_iter().eq(groups));
}

fn reduced(runs: &[WrittenBlob], partition: u32, scratch: &Scratch, sort_values: bool) -> Groups {
    let section = |(task, run): (u32, &WrittenBlob)| {
        let mut source = run.bytes.source().expect("it is there");
        RunSection {
            task,
            entry: entry(&mut *source, BlobKind::PairRun, task, partition),
            source,
        }
    };
    let sections = (0..).zip(runs).map(section).collect();
    let reduce = PairReduce {
        partition,
        ..reduce(scratch, sort_values)
    };
    let mut seen = Seen::default();
    let reduced = reduce.run(sections, &mut seen, &mut sink(scratch));
    let reduced = reduced.expect("what was written is read");
    assert_eq!(reduced.keys, seen.0.len() as u64);
    seen.0
}

fn scratch(memory: usize) -> Scratch {
    Scratch {
        memory,
        folder: None,
    }
}

fn reduce(scratch: &Scratch, sort_values: bool) -> PairReduce<'_> {
    PairReduce {
        partition: 0,
        sort_values,
        scratch,
        cancelled: &GO_ON,
    }
}

fn sink(scratch: &Scratch) -> RowSink {
    let options = RowSinkOptions {
        sorted: false,
        outputs: 1,
        compress: false,
    };
    RowSink::new(scratch, options)
}

type Groups = Vec<(Vec<u8>, Vec<Vec<u8>>)>;

/// Reducer that collects its groups.
#[derive(Default)]
struct Seen(Groups);

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

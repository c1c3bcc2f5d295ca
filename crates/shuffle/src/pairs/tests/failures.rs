//! Failures of the job's code, and damaged sections.

use std::sync::Arc;

use bytes::Bytes;
use mapreduce_core::JobError;

use super::harness::*;
use crate::blob::BlobWriter;
use crate::combine_task::{CombineTask, RawValues};
use crate::entry::BlobKind;
use crate::error::{PairError, ShuffleError};
use crate::pairs::collector::{CollectOptions, PairCollector};
use crate::pairs::partition_by::PartitionBy;
use crate::pairs::reduce_task::ReduceTask;
use crate::pairs::rows::RowSink;

/// Reducer and combiner that calls a function at its second key.
struct FailingTask(fn() -> Result<(), JobError>, u32);

impl ReduceTask for FailingTask {
    fn group(
        &mut self,
        _: &[u8],
        values: &mut dyn RawValues,
        _: &mut RowSink,
    ) -> Result<(), JobError> {
        while values.next().is_some() {}
        self.1 += 1;
        if self.1 == 2 { (self.0)() } else { Ok(()) }
    }

    fn finish(&mut self, _: &mut RowSink) -> Result<(), JobError> {
        Ok(())
    }
}

impl CombineTask for FailingTask {
    fn combine(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        _: &mut dyn FnMut(&[u8]),
    ) -> Result<(), JobError> {
        self.group(key, values, &mut sink(LARGE, false, 1))
    }
}

#[test]
fn errors_of_the_jobs_code_name_the_key() {
    let pairs = [("a", "1"), ("bad key", "2"), ("c", "3")];
    let pairs = pairs.map(|(key, value)| (key.into(), value.into()));
    let setup = Setup::plain(1);
    let runs = setup.runs(&[pairs.to_vec()]);
    let wrong: [(fn() -> _, _, _); 3] = [
        (|| Err(JobError::new("no luck")), "no luck", false),
        (|| Err(JobError::permanent("no way")), "no way", true),
        (|| panic!("no idea"), "no idea", false),
    ];
    for (wrong, text, is_permanent) in wrong {
        let mut out = sink(LARGE, false, 1);
        let reduced = setup.reduce(&runs, 0, &mut FailingTask(wrong, 0), &mut out);
        let error = reduced.unwrap_err();
        assert!(error.to_string().contains("the reducer"), "{error}");
        let of_combiner = |memory| {
            let options = CollectOptions {
                partition: PartitionBy::Hash(1),
                sort_values: false,
                compress: false,
            };
            let mut collector = PairCollector::new(scratch(memory), options)
                .with_combiner(Box::new(FailingTask(wrong, 0)));
            for (key, value) in &pairs {
                collector.push(key, value).unwrap();
            }
            let finished = collector.finish_run(0, None, &NOT_CANCELLED);
            finished.unwrap_err()
        };
        // The combiner runs in memory with much memory, and during spills with little.
        for error in [error, of_combiner(LARGE), of_combiner(60)] {
            let PairError::Job(error) = error else {
                panic!("not an error of the job: {error}");
            };
            let shown = error.to_string();
            assert!(
                shown.contains("\"bad key\"") && shown.contains(text),
                "{shown}"
            );
            assert_eq!(error.is_permanent(), is_permanent);
        }
    }
}

#[test]
fn a_lost_section_takes_precedence_over_an_error_of_the_reducer() {
    let setup = Setup::plain(1);
    let pairs = vec![(b"key".to_vec(), vec![b'v'; 1000]); 100];
    let run = setup.run(0, &pairs);
    let mut bytes = run.to_vec();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let wrong: [fn() -> _; 3] = [
        || Ok(()),
        || Err(JobError::permanent("values were missing")),
        || panic!("values were missing"),
    ];
    for wrong in wrong {
        // The counter starts at 1, so the function is called for the only group.
        let mut reducer = FailingTask(wrong, 1);
        let mut out = sink(LARGE, false, 1);
        let bad = [Bytes::from(bytes.clone())];
        let error = setup.reduce(&bad, 0, &mut reducer, &mut out).unwrap_err();
        assert!(matches!(
            error,
            PairError::Shuffle(ShuffleError::Lost { section: 0, .. })
        ));
    }
}

#[test]
fn a_section_with_unsorted_keys_is_lost() {
    let blob = |keys: [&str; 3]| {
        let kind = BlobKind::PairRun;
        let mut blob = BlobWriter::new(kind, 0, 1, false, LARGE, &scratch(LARGE)).unwrap();
        for key in keys {
            blob.push_pair(0, key.as_bytes(), [&[0; 20_000], b""])
                .unwrap();
        }
        [whole(&blob.finish().unwrap().bytes)]
    };
    let reduce = |runs: &[Bytes]| {
        let mut out = sink(LARGE, false, 1);
        Setup::plain(1).reduce(runs, 0, &mut CollectingReducer::default(), &mut out)
    };
    let good = reduce(&blob([
        "a long key of a run 1",
        "a long key of a run 1",
        "b",
    ]));
    assert_eq!(good.unwrap().keys, 2);
    // Two records fill a block, so the wrong order lies inside a block or between two blocks.
    for keys in [
        ["b", "a", "c"],
        ["a", "c", "b"],
        ["a long key of a run 1", "a long key of a run 0", "b"],
        ["a", "a long key of a run 1", "a long key of a run 0"],
    ] {
        let error = reduce(&blob(keys)).unwrap_err();
        assert!(error.to_string().contains("not in order"), "{error}");
    }
}

#[test]
fn an_invalid_result_of_the_partition_function_is_an_error() {
    let options = CollectOptions {
        partition: PartitionBy::Custom(Arc::new(|_, _| 9), 4),
        sort_values: false,
        compress: false,
    };
    let mut collector = PairCollector::new(scratch(LARGE), options);
    collector.push(b"some key", b"").unwrap();
    let finished = collector.finish_run(0, None, &NOT_CANCELLED);
    let error = finished.unwrap_err().to_string();
    assert!(
        error.contains("returned 9") && error.contains("some key"),
        "{error}"
    );
}

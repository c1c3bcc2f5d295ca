//! Groups of keys through runs and sections.

use std::sync::atomic::AtomicBool;

use bytes::Bytes;
use mapreduce_core::key;
use proptest::prelude::*;

use super::harness::*;
use crate::count_reduce::RunSection;
use crate::entry::{BlobKind, SectionEntry};
use crate::error::{PairError, ShuffleError};
use crate::pairs::collector::{CollectOptions, PairCollector};
use crate::pairs::partition::Partitioner;
use crate::pairs::partition_by::PartitionBy;
use crate::pairs::reduce::PairReduce;
use crate::section::Section;
use crate::spool::Spooled;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn groups_match_a_map_with_values_in_insertion_order(
        tasks in prop::collection::vec(any_pairs(40), 0..7), setup in setups(),
    ) {
        let runs = setup.runs(&tasks);
        let partitions = Partitioner::new(setup.partition.clone()).count();
        let groups = setup.groups(&runs, partitions);
        let expected = expected(&tasks, setup.sort_values);
        if setup.combine && !setup.sort_values {
            prop_assert_eq!(joined(groups), joined(expected));
        } else {
            prop_assert_eq!(groups, expected);
        }
    }

    #[test]
    fn runs_do_not_depend_on_the_memory(pairs in any_pairs(60), setup in setups()) {
        let large = Setup { memory: LARGE, ..setup.clone() };
        prop_assert_eq!(setup.run(3, &pairs), large.run(3, &pairs));
    }

    #[test]
    fn damage_is_detected_or_harmless(at: prop::sample::Index, change in 1u8.., compress: bool, cut: bool) {
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
            let mut seen = CollectingReducer::default();
            match setup.reduce(&bad, partition, &mut seen, &mut sink(LARGE, false, 1)) {
                Ok(_) => {
                    let mut right = CollectingReducer::default();
                    let again = setup.reduce(&good, partition, &mut right, &mut sink(LARGE, false, 1));
                    again.unwrap();
                    prop_assert_eq!(seen.0, right.0);
                }
                Err(PairError::Shuffle(ShuffleError::Lost { section: 1, .. })) => {}
                Err(error) => return Err(TestCaseError::fail(error.to_string())),
            }
        }
    }

    #[test]
    fn the_reader_never_panics_on_arbitrary_bytes(bytes: Vec<u8>, offset in 0u64..40, len in 0u64..100, records in 0u64..9) {
        let entry = SectionEntry { offset, len, records };
        let mut read = Section::new(Box::new(Bytes::from(bytes)), &entry, (BlobKind::PairRun, 0, 0), 7, 0);
        while let Ok(true) = read.next_pair() {}
    }
}

#[test]
fn many_pairs_are_read_back_from_local_files() {
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
fn a_mapper_that_emits_more_than_its_memory_spills_to_local_files() {
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
    let run = collector.finish_run(0, None, &NOT_CANCELLED).unwrap();
    assert_eq!(run.sum, 100_000);
    assert!(matches!(run.bytes, Spooled::File(..)));
}

#[test]
fn a_pair_larger_than_the_memory_is_accepted() {
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
fn a_cancelled_attempt_stops() {
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
    let reduced = reduce.run(vec![section], &mut CollectingReducer::default(), &mut out);
    assert!(matches!(
        reduced,
        Err(PairError::Shuffle(ShuffleError::Cancelled))
    ));
    let part = out.finish(&NOT_CANCELLED).unwrap().pack(0, &stop);
    assert!(matches!(part, Err(ShuffleError::Cancelled)));
}

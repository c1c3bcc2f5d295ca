//! Tests that compare the table with a map.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn counted(words: &[Vec<u8>]) -> BTreeMap<Vec<u8>, u64> {
    let mut table = CountTable::default();
    for word in words {
        table.add(word, 1);
    }
    let len = table.len();
    let pairs = table.pairs();
    assert_eq!(pairs.len(), len);
    let hashes: Vec<_> = pairs
        .iter()
        .map(|(key, _)| mapreduce_core::key::hash(key))
        .collect();
    assert!(hashes.is_sorted());
    pairs
        .iter()
        .map(|(key, count)| (key.to_vec(), count))
        .collect()
}

fn expected(words: &[Vec<u8>]) -> BTreeMap<Vec<u8>, u64> {
    let mut map = BTreeMap::new();
    for word in words {
        *map.entry(word.clone()).or_default() += 1;
    }
    map
}

#[test]
fn keys_of_every_length_are_distinguished() {
    let mut words = Vec::new();
    for len in 0..40 {
        for fill in [0, b'a', 0xff] {
            let mut word = vec![fill; len];
            words.push(word.clone());
            for at in 0..len {
                word[at] ^= 1;
                words.push(word.clone());
                word[at] ^= 1;
            }
        }
    }
    assert_eq!(counted(&words), expected(&words));
}

#[test]
fn the_table_grows_far_beyond_its_initial_size() {
    let words: Vec<_> = (0..50_000u32)
        .map(|n| format!("w{}", n % 30_000).into_bytes())
        .collect();
    assert_eq!(counted(&words), expected(&words));
}

#[test]
fn keys_with_hashes_near_the_maximum_fit_into_the_overflow_slots() {
    let crowded = (0u64..).map(|n| format!("{n:x}").into_bytes());
    let crowded = crowded.filter(|key| mapreduce_core::key::hash(key) >> 48 == 0xffff);
    let words: Vec<_> = crowded.take(200).collect();
    assert_eq!(counted(&words), expected(&words));
}

#[test]
fn a_table_for_a_range_of_hashes_counts_correctly() {
    let words: Vec<_> = (0..40_000u32)
        .map(|n| format!("a word {}", n % 20_000).into_bytes())
        .collect();
    let mut table = CountTable::default();
    let (mut all, mut start) = (BTreeMap::new(), 0);
    for end in [1 << 40, u64::MAX / 3, u64::MAX / 3 + 1, u64::MAX] {
        table.restrict(start..=end, 10);
        for word in words
            .iter()
            .filter(|word| (start..=end).contains(&mapreduce_core::key::hash(word)))
        {
            table.add(word, 1);
        }
        table.each_sorted(|_, key, count| assert!(all.insert(key.to_vec(), count).is_none()));
        start = end.wrapping_add(1);
    }
    assert_eq!(all, expected(&words));
}

#[test]
fn keys_with_equal_hashes_do_not_need_more_memory() {
    // These first eight bytes make one factor of the hash zero, so that every key has the hash 0.
    let start = 0x9e37_79b9_7f4a_7c15u64.to_le_bytes();
    let crowd = |n: u32| [&start[..], &n.to_le_bytes()[..3]].concat();
    let words: Vec<_> = (0..3000).map(crowd).collect();
    assert!(
        words
            .iter()
            .all(|word| mapreduce_core::key::hash(word) == 0)
    );
    assert_eq!(counted(&words), expected(&words));
    // These make one factor all ones. The hashes crowd at the end, where the overflow slots do not suffice.
    let start = (!0x9e37_79b9_7f4a_7c15u64).to_le_bytes();
    let crowd = |n: u32| [&start[..], &n.to_le_bytes()[..3]].concat();
    let words: Vec<_> = (0..3000).map(crowd).collect();
    assert_eq!(counted(&words), expected(&words));
    let mut table = CountTable::default();
    words.iter().for_each(|word| table.add(word, 1));
    assert_eq!(table.len(), 3000);
    assert!(table.memory() < 10 << 20, "{}", table.memory());
}

#[test]
fn counts_have_64_bits() {
    let mut table = CountTable::default();
    for key in [&b"short"[..], b"longer than sixteen bytes"] {
        table.add(key, u64::MAX - 1);
        table.add(key, 1);
    }
    assert!(table.pairs().iter().all(|(_, count)| count == u64::MAX));
}

#[test]
fn a_cleared_table_is_empty_and_reusable() {
    let mut table = CountTable::default();
    for _ in 0..2 {
        for n in 0..10_000u32 {
            table.add(format!("{n}").as_bytes(), 1);
            table.add(format!("a long word with the number {n}").as_bytes(), 2);
        }
        assert_eq!(table.len(), 20_000);
        assert_eq!(table.pairs().total(), Some(30_000));
        table.clear();
        assert!(table.is_empty() && table.pairs().is_empty());
    }
}

proptest! {
    #[test]
    fn the_table_matches_a_map(words in proptest::collection::vec(proptest::collection::vec(0u8..3, 0..20), 0..300)) {
        prop_assert_eq!(counted(&words), expected(&words));
    }
}

use proptest::prelude::*;

use super::job;
use crate::tests::{stable_rows, trial};
use mapreduce_job::testing::Trial;

fn lines(lines: &[&str]) -> Trial {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    trial(job()).input("a.txt", text)
}

#[test]
fn lines_sort_by_their_bytes() {
    let trial = lines(&["b", "a\0", "", "ab", "a", "b", "é"]);
    assert_eq!(stable_rows(&trial), ["", "a", "a\0", "ab", "b", "b", "é"]);
    let trial = trial.param("unique", true);
    assert_eq!(stable_rows(&trial), ["", "a", "a\0", "ab", "b", "é"]);
    let trial = trial.param("reverse", true);
    assert_eq!(stable_rows(&trial), ["é", "b", "ab", "a\0", "a", ""]);
}

#[test]
fn lines_with_equal_fields_keep_the_order_of_the_input() {
    let trial = lines(&["2,b,x", "1,a", "9", "3,b,a", "4,a"]);
    let trial = trial.param("key", 2).param("delimiter", ",");
    assert_eq!(stable_rows(&trial), ["9", "1,a", "4,a", "2,b,x", "3,b,a"]);
    let reverse = trial.clone().param("reverse", true);
    assert_eq!(stable_rows(&reverse), ["2,b,x", "3,b,a", "1,a", "4,a", "9"]);
    assert_eq!(
        stable_rows(&trial.param("unique", true)),
        ["9", "1,a", "2,b,x"]
    );
}

#[test]
fn numbers_sort_by_size_after_all_other_text() {
    let numbers = [
        "10",
        "9",
        "-1",
        "x",
        "9007199254740993",
        "9007199254740992",
        "0.5",
        "1e1",
    ];
    let trial = lines(&numbers).param("numeric", true);
    let expected = [
        "x",
        "-1",
        "0.5",
        "9",
        "10",
        "1e1",
        "9007199254740992",
        "9007199254740993",
    ];
    assert_eq!(stable_rows(&trial), expected);
    let reverse = stable_rows(&trial.param("reverse", true));
    assert_eq!(reverse[..2], ["9007199254740993", "9007199254740992"]);
}

#[test]
fn an_invalid_parameter_is_rejected_by_name() {
    for (name, value) in [
        ("key", "0"),
        ("key", "x"),
        ("delimiter", "::"),
        ("numeric", "1"),
    ] {
        let error = lines(&["a"]).param(name, value).run().unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn lines_of_any_bytes_are_sorted_and_none_is_merged(
        all in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..4), 0..40), unique: bool,
    ) {
        let mut text = all.join(&b'\n');
        text.push(b'\n');
        let mut expected: Vec<_> = text[..text.len() - 1].split(|byte| *byte == b'\n').map(|line| {
            line.strip_suffix(b"\r").unwrap_or(line)
        }).collect();
        expected.sort_unstable();
        if unique {
            expected.dedup();
        }
        let expected: Vec<_> = expected.into_iter().map(String::from_utf8_lossy).collect();
        prop_assert_eq!(stable_rows(&trial(job()).input("a.txt", text.clone()).param("unique", unique)), expected);
    }

    #[test]
    fn the_sort_is_stable(
        all in prop::collection::vec("[ab\0]{0,3}\t[0-9]{1,3}", 0..50), reverse: bool, field: bool,
    ) {
        let mut expected = all.clone();
        let key = |line: &String| match field {
            true => line.split('\t').next().unwrap().to_owned(),
            false => line.clone(),
        };
        expected.sort_by(|a, b| {
            let order = key(a).cmp(&key(b));
            if reverse { order.reverse() } else { order }
        });
        let all: Vec<_> = all.iter().map(String::as_str).collect();
        let mut trial = lines(&all).param("reverse", reverse);
        if field {
            trial = trial.param("key", 1);
        }
        prop_assert_eq!(stable_rows(&trial), expected);
    }
}

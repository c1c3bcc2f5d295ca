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
fn numbers_of_any_length_are_compared_exactly() {
    let ids = [
        "89014103211118510722",
        "89014103211118510721",
        "89014103211118510720",
    ];
    let trial = lines(&ids).param("numeric", true).param("unique", true);
    assert_eq!(stable_rows(&trial), [ids[2], ids[1], ids[0]]);
    let numbers = [
        "123456789012345678901234567891",
        "123456789012345678901234567890",
        "-1",
        "1e500",
        "1.0",
        "1",
    ];
    let trial = lines(&numbers).param("numeric", true);
    let expected = [2, 4, 5, 1, 0, 3].map(|nth| numbers[nth]);
    assert_eq!(stable_rows(&trial), expected);
    let reverse = trial.clone().param("reverse", true);
    let expected = [3, 0, 1, 4, 5, 2].map(|nth| numbers[nth]);
    assert_eq!(stable_rows(&reverse), expected);
    let expected = [2, 4, 1, 0, 3].map(|nth| numbers[nth]);
    assert_eq!(stable_rows(&trial.param("unique", true)), expected);
}

#[test]
fn separators_of_numbers_can_be_set() {
    let trial = lines(&["1 234,5", "1.5", "999,9", "-2"]).param("decimal", ",");
    let trial = trial.param("thousands", "space");
    let numeric = trial.clone().param("numeric", true);
    assert_eq!(stable_rows(&numeric), ["1.5", "-2", "999,9", "1 234,5"]);
    let error = trial.run().unwrap_err();
    assert!(error.to_string().contains("numeric=true"), "{error}");
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

use proptest::prelude::*;

use super::job;
use crate::tests::{stable_csv, stable_rows, trial};
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

const TABLE: &str = "name,age,note\n\"Zo, Jr\",5,x\nBo,30,\"two\nlines\"\nal,9,y\nAl,9,\n";

/// Returns a sort of a table by `key`.
fn table(key: &str) -> Trial {
    trial(job()).input("t.csv", TABLE).param("key", key)
}

#[test]
fn the_rows_of_a_table_are_sorted_and_its_header_stays_first() {
    let by_age = "name,age,note\n\"Zo, Jr\",5,x\nal,9,y\nAl,9,\nBo,30,\"two\nlines\"\n";
    for key in ["age", "2"] {
        assert_eq!(stable_csv(&table(key).param("numeric", true)), by_age);
    }
    let text = "name,age,note\nBo,30,\"two\nlines\"\n\"Zo, Jr\",5,x\nal,9,y\nAl,9,\n";
    assert_eq!(stable_csv(&table("age")), text);
    let whole = trial(job()).input("t.csv", TABLE);
    let all = "name,age,note\nAl,9,\nBo,30,\"two\nlines\"\n\"Zo, Jr\",5,x\nal,9,y\n";
    assert_eq!(stable_csv(&whole), all);
}

#[test]
fn each_key_has_its_own_order() {
    let trial = table("age,name").param("numeric", "age");
    let by_name = "name,age,note\n\"Zo, Jr\",5,x\nAl,9,\nal,9,y\nBo,30,\"two\nlines\"\n";
    assert_eq!(stable_csv(&trial), by_name);
    let reverse = "name,age,note\nBo,30,\"two\nlines\"\nAl,9,\nal,9,y\n\"Zo, Jr\",5,x\n";
    assert_eq!(stable_csv(&trial.param("reverse", "age")), reverse);
    let letters = table("name").param("ignore_case", true);
    let expected = "name,age,note\nal,9,y\nAl,9,\nBo,30,\"two\nlines\"\n\"Zo, Jr\",5,x\n";
    assert_eq!(stable_csv(&letters), expected);
    let unique = letters.param("unique", true).param("reverse", "name");
    let expected = "name,age,note\n\"Zo, Jr\",5,x\nBo,30,\"two\nlines\"\nal,9,y\n";
    assert_eq!(stable_csv(&unique), expected);
}

#[test]
fn numbers_inside_of_text_have_their_order() {
    let names = [
        "v10", "v9", "v9.10", "v9.9", "V1", "v007", "v7", "v", "v9a", "x1y2", "x1y10",
    ];
    let sorted = [
        "V1", "v", "v007", "v7", "v9", "v9.9", "v9.10", "v9a", "v10", "x1y2", "x1y10",
    ];
    let long = format!("v{}", "9".repeat(300));
    let trial = lines(&names).param("version", true);
    assert_eq!(stable_rows(&trial), sorted);
    let trial = trial.input("b.txt", long.as_bytes());
    assert_eq!(stable_rows(&trial)[9], long);
    let ignoring = stable_rows(
        &lines(&names)
            .param("version", true)
            .param("ignore_case", true),
    );
    assert_eq!(ignoring[..3], ["v", "V1", "v007"]);
}

#[test]
fn several_fields_of_lines_are_keys() {
    let trial = lines(&["b,2,x", "a,10,x", "a,9,y", "b"]);
    let trial = trial.param("delimiter", ",").param("key", "1,2");
    assert_eq!(
        stable_rows(&trial.param("numeric", "2")),
        ["a,9,y", "a,10,x", "b", "b,2,x"]
    );
}

#[test]
fn files_with_different_columns_have_one_header() {
    let trial = trial(job()).input("a.csv", "a,b\n2,x\n");
    let trial = trial.input("b.csv", "b,c,a\ny,z,1\n").param("key", "a");
    assert_eq!(trial.run().unwrap().csv(), "a,b,c\n1,y,z\n2,x,\n");
}

#[test]
fn keys_that_are_not_there_are_refused() {
    for (trial, part) in [
        (
            table("price"),
            "no column \"price\" (parameter key); its columns: \"name\", \"age\"",
        ),
        (
            table("age").param("numeric", "name"),
            "numeric names \"name\"",
        ),
        (
            table("age").param("numeric", true).param("version", true),
            "cannot be combined",
        ),
        (
            trial(job()).input("a.txt", "a\n").param("key", "age"),
            "key=age",
        ),
        (
            table("age").input("a.txt", "a\n"),
            "\"t.csv\" is a table, but \"a.txt\" is text",
        ),
    ] {
        let error = trial.run().unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

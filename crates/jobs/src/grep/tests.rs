use proptest::prelude::*;

use super::job;
use crate::tests::{stable_csv, stable_rows, trial};

const TEXT: &str = "an error\r\nfine\nERROR 12, error 7\n\nerror 12\nno end: error";

#[test]
fn matching_lines_keep_the_order_of_the_input() {
    let trial = trial(job())
        .input("b.txt", TEXT)
        .input("a.txt", "z error\na error\n");
    let plain = trial.clone().param("pattern", "error");
    let expected = [
        "an error",
        "ERROR 12, error 7",
        "error 12",
        "no end: error",
        "z error",
        "a error",
    ];
    assert_eq!(stable_rows(&plain), expected);
    let inverted = stable_rows(&plain.param("invert", true));
    assert_eq!(inverted, ["fine", ""]);
    let regex = trial.clone().param("pattern", "^error [0-9]+$");
    assert_eq!(stable_rows(&regex), ["error 12"]);
    assert_eq!(stable_rows(&regex.param("ignore_case", true)), ["error 12"]);
    // The line end does not belong to the line.
    assert!(stable_rows(&trial.clone().param("pattern", r"error\r")).is_empty());
    assert!(stable_rows(&trial.param("pattern", "error\r")).is_empty());
}

#[test]
fn matching_texts_are_counted() {
    let trial = trial(job()).input("b.txt", TEXT).param("output", "counts");
    let regex = trial.clone().param("pattern", "[a-zA-Z]+ [0-9]+");
    assert_eq!(
        stable_rows(&regex),
        ["ERROR 12 1", "error 12 1", "error 7 1"]
    );
    assert_eq!(stable_rows(&trial.clone().param("pattern", "rr")), ["rr 4"]);
    let ignoring = trial.param("pattern", "error").param("ignore_case", true);
    assert_eq!(stable_rows(&ignoring), ["error 4", "ERROR 1"]);
}

#[test]
fn parts_of_characters_match_but_cannot_be_counted() {
    let trial = trial(job()).input("b.txt", "é\nè\na\n");
    let trial = trial.param("pattern", r"(?-u:[\x80-\xff])");
    assert_eq!(stable_rows(&trial), ["é", "è"]);
    let error = trial.param("output", "counts").run().unwrap_err();
    assert!(error.to_string().contains("parts of characters"), "{error}");
}

#[test]
fn names_adds_the_file_and_the_line_number() {
    for (pattern, ignore_case) in [("error", false), ("e[r]ror", false)] {
        let trial = trial(job()).input("b.txt", TEXT).param("pattern", pattern);
        let trial = trial.param("names", true).param("ignore_case", ignore_case);
        assert_eq!(
            stable_rows(&trial),
            [
                "b.txt:1:an error",
                "b.txt:3:ERROR 12, error 7",
                "b.txt:5:error 12",
                "b.txt:6:no end: error"
            ]
        );
    }
}

#[test]
fn lines_with_invalid_bytes_are_searched_as_they_are() {
    let trial = trial(job()).input("b.txt", b"a\xffb\na\xef\xbf\xbdb\nc\n".as_slice());
    for (pattern, expected) in [
        ("a\u{fffd}b", 1),
        ("a.b", 1),
        ("(?-u:a\\xffb)", 1),
        ("b", 2),
    ] {
        let found = stable_rows(&trial.clone().param("pattern", pattern));
        assert_eq!(found, vec!["a\u{fffd}b"; expected], "{pattern}");
    }
}

#[test]
fn an_invalid_parameter_is_rejected_by_name() {
    for (name, value, part) in [
        ("pattern", "(", "pattern=("),
        ("output", "words", "output=words"),
        ("pattern", "", "pattern is missing"),
    ] {
        let trial = trial(job()).input("a.txt", "").param("pattern", "a");
        let error = trial.param(name, value).run().unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_search_in_blocks_finds_the_same_lines_as_one_line_by_line(
        lines in prop::collection::vec("[ab\r]{0,5}", 0..40), pattern in "[ab]{1,2}\r?", names: bool,
    ) {
        let text = lines.join("\n");
        let mut expected = Vec::new();
        for (at, line) in text.split_inclusive('\n').enumerate() {
            let whole = line.strip_suffix('\n');
            let line = whole.map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
            if line.contains(&pattern) {
                expected.push(match names {
                    true => format!("t.txt:{}:{line}", at + 1),
                    false => line.to_owned(),
                });
            }
        }
        let trial = trial(job()).input("t.txt", text).param("pattern", &pattern);
        prop_assert_eq!(stable_rows(&trial.param("names", names)), expected);
    }
}

const TABLE: &str = "who,what\nAnn,\"an error,\nor two\"\nerror,fine\nBob,fine\n";

#[test]
fn matching_rows_of_a_table_stay_whole() {
    let trial = trial(job()).input("t.csv", TABLE).param("pattern", "error");
    let both = "who,what\nAnn,\"an error,\nor two\"\nerror,fine\n";
    assert_eq!(stable_csv(&trial), both);
    let what = trial.clone().param("columns", "what");
    assert_eq!(stable_csv(&what), "who,what\nAnn,\"an error,\nor two\"\n");
    let other = stable_csv(&what.clone().param("invert", true));
    assert_eq!(other, "who,what\nerror,fine\nBob,fine\n");
    let names = stable_csv(&trial.clone().param("names", true));
    assert_eq!(
        names,
        "file,line,who,what\nt.csv,2,Ann,\"an error,\nor two\"\nt.csv,4,error,fine\n"
    );
    let counts = trial.param("output", "counts");
    assert_eq!(stable_csv(&counts), "match,count\nerror,2\n");
    assert_eq!(
        stable_csv(&counts.param("columns", "2")),
        "match,count\nerror,1\n"
    );
    // A delimiter or a quote of the file is not part of a cell.
    let quotes = what.param("pattern", "\"");
    assert_eq!(stable_csv(&quotes), "who,what\n");
}

#[test]
fn columns_that_are_not_there_are_refused() {
    let trial = trial(job()).param("pattern", "a").param("columns", "x");
    for (name, part) in [
        ("t.csv", "no column \"x\""),
        ("t.txt", "text has no columns"),
    ] {
        let error = trial
            .clone()
            .input(name, TABLE)
            .run()
            .unwrap_err()
            .to_string();
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_number_names_the_same_column_in_every_file() {
    let trial = trial(job()).input("a.csv", "2,a,b\n9,9,1\n");
    let trial = trial.input("b.csv", "b,a\n9,9\n").param("pattern", "9");
    for (columns, counts) in [("3", "9,1\n"), ("2", "9,1\n"), ("a", "9,2\n")] {
        let trial = trial.clone().param("columns", columns);
        let found = trial.clone().param("output", "counts").run().unwrap();
        assert_eq!(found.csv(), format!("match,count\n{counts}"), "{columns}");
    }
    let rows = trial.param("columns", "2").run().unwrap();
    assert_eq!(rows.csv(), "2,a,b\n9,9,1\n");
}

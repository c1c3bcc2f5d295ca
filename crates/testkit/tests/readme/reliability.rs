//! The fault matrix of docs/reliability.md and the tests that exist are in step.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::markdown::{Page, code};
use crate::scratch::root;

/// How many faults there are.
const ROWS: usize = 30;
/// Where tests are that are there for the matrix alone.
const FAULTS: &str = "crates/testkit/tests/cluster/faults";

/// A file, and the name of a test in it.
type Test = (String, String);

/// The rows: all cells but the last, and the tests.
fn matrix() -> Vec<(Vec<String>, Vec<Test>)> {
    let rows = Page::read("docs/reliability.md").table("row");
    rows.into_iter()
        .map(|mut cells| {
            let tests = cells.pop().expect("a row has cells");
            let mut file = String::new();
            let mut named = Vec::new();
            for word in code(&tests) {
                if word.ends_with(".rs") {
                    file = word.to_owned();
                } else {
                    named.push((file.clone(), word.to_owned()));
                }
            }
            (cells, named)
        })
        .collect()
}

/// The names of the tests in a source file.
fn tests_of(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let mut names = BTreeSet::new();
    let mut marked = false;
    for line in text.lines().map(str::trim) {
        if line == "#[test]" || line.starts_with("#[tokio::test") {
            marked = true;
        } else if let Some((_, rest)) = line.split_once("fn ").filter(|_| marked) {
            names.extend(rest.split('(').next().map(str::to_owned));
            marked = false;
        }
    }
    names
}

#[test]
fn the_fault_matrix_has_all_rows_and_names_tests_that_exist() {
    let rows = matrix();
    let numbers: Vec<String> = rows.iter().map(|(cells, _)| cells[0].clone()).collect();
    let expected: Vec<String> = (1..=ROWS).map(|number| number.to_string()).collect();
    assert_eq!(numbers, expected);
    for (cells, tests) in rows {
        let row = &cells[0];
        assert_eq!(cells.len(), 4, "row {row}: fault, injection, expectation");
        assert!(cells.iter().all(|cell| !cell.is_empty()), "row {row}");
        assert!(!tests.is_empty(), "row {row} names no test");
        for (file, test) in tests {
            let there = tests_of(&root().join(&file)).contains(&test);
            assert!(there, "row {row}: {file} has no test {test}");
        }
    }
}

#[test]
fn every_test_that_was_written_for_the_fault_matrix_is_in_it() {
    let named: BTreeSet<_> = matrix().into_iter().flat_map(|(_, tests)| tests).collect();
    let mut found = 0;
    for entry in fs::read_dir(root().join(FAULTS)).expect("the folder of faults") {
        let path = entry.expect("a file of faults").path();
        let name = path.file_name().expect("a file has a name");
        let file = format!("{FAULTS}/{}", name.to_string_lossy());
        for test in tests_of(&path) {
            found += 1;
            let pair = (file.clone(), test);
            assert!(named.contains(&pair), "no row names {pair:?}");
        }
    }
    assert!(found > 20, "{found} tests: are they still found?");
}

//! The fault matrix of the book names tests that exist, and all tests that belong to it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::markdown::{Page, code};
use crate::pages::collect;
use crate::scratch::root;

/// Number of faults.
const ROWS: usize = 30;
/// Folder of the tests that exist only for the matrix.
const FAULTS: &str = "crates/testkit/tests/cluster/faults";

/// Path of a file, and name of a test in it.
type Test = (String, String);

/// Returns the rows: all cells but the last, and the tests that the last one names.
fn matrix() -> Vec<(Vec<String>, Vec<Test>)> {
    let rows = Page::read("docs/concepts/guarantees.md").table("row");
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

/// Returns the names of the tests in a source file.
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
fn every_row_of_the_fault_matrix_names_tests_that_exist() {
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
            let exists = tests_of(&root().join(&file)).contains(&test);
            assert!(exists, "row {row}: {file} has no test {test}");
        }
    }
}

#[test]
fn the_fault_matrix_names_every_test_of_its_folder() {
    let named: BTreeSet<_> = matrix().into_iter().flat_map(|(_, tests)| tests).collect();
    let mut files = Vec::new();
    collect(Path::new(FAULTS), "rs", &mut files);
    let mut found = 0;
    for path in files {
        for test in tests_of(&root().join(&path)) {
            found += 1;
            let pair = (text(&path), test);
            assert!(named.contains(&pair), "no row names {pair:?}");
        }
    }
    assert!(found > 20, "{found} tests: are they still found?");
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

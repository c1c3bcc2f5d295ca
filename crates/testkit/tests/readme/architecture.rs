//! ARCHITECTURE.md names tests that exist.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::markdown::{Page, code};
use crate::pages::collect;
use crate::scratch::root;

#[test]
fn every_invariant_names_tests_that_exist() {
    let mut files = Vec::new();
    for top in ["crates", "examples"] {
        collect(Path::new(top), "rs", &mut files);
    }
    let functions = functions(&files);
    let rows = Page::read("ARCHITECTURE.md").table("invariant");
    assert!(!rows.is_empty());
    for row in rows {
        let names = code(&row[2]);
        assert!(!names.is_empty(), "{}: names no test", row[0]);
        for name in names {
            assert!(functions.contains(name), "{}: no test {name}", row[0]);
        }
    }
}

/// Returns the names of all functions in these files.
fn functions(files: &[PathBuf]) -> BTreeSet<String> {
    let mut functions = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(root().join(file)).expect("a source file");
        let names = text
            .split("fn ")
            .skip(1)
            .filter_map(|rest| rest.split(['(', '<']).next());
        functions.extend(names.map(str::to_owned));
    }
    functions
}

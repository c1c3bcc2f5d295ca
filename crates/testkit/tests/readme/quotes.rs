//! Messages that the page about troubleshooting quotes are messages of the programs.

use std::fs;
use std::path::Path;

use crate::markdown::Page;
use crate::pages::collect;
use crate::scratch::root;

const PAGE: &str = "docs/operating/troubleshooting.md";

#[test]
fn quoted_messages_are_in_the_source() {
    let mut files = Vec::new();
    collect(Path::new("crates"), "rs", &mut files);
    let is_test = |path: &Path| path.iter().any(|part| part == "tests");
    let sources: Vec<String> = files
        .iter()
        .filter(|path| !is_test(path))
        .map(|path| fs::read_to_string(root().join(path)).expect("a source file"))
        .map(|text| joined(&text))
        .collect();
    let page = Page::read(PAGE);
    let symptoms = page.column("symptom");
    let quotes: Vec<&str> = symptoms.iter().flat_map(|cell| quoted(cell)).collect();
    assert!(quotes.len() > 10, "{quotes:?}: are quotes still found?");
    let missing: Vec<_> = quotes
        .into_iter()
        .filter(|quote| !sources.iter().any(|source| source.contains(quote)))
        .collect();
    assert!(
        missing.is_empty(),
        "{PAGE} quotes what no program prints: {missing:#?}"
    );
}

/// Joins string literals that continue on the next line.
fn joined(source: &str) -> String {
    let mut pieces = source.split("\\\n");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + piece.trim_start())
}

/// Returns the texts between double quotes.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('"').skip(1).step_by(2).collect()
}

#[test]
fn literals_that_continue_on_the_next_line_are_joined() {
    assert_eq!(joined("\"a \\\n        b\""), "\"a b\"");
}

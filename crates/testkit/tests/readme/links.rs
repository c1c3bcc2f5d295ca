//! Links and paths of all pages lead to something.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::markdown::Page;
use crate::pages::{BOOK, all_pages, book_pages};
use crate::scratch::root;

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let mut broken = Vec::new();
    let mut checked = 0;
    for name in all_pages() {
        for link in Page::read(&name).links() {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            checked += 1;
            if !leads_somewhere(&name, &link) {
                broken.push(format!("{name}: {link}"));
            }
        }
    }
    assert!(checked > 50, "{checked} links: are they still found?");
    assert!(broken.is_empty(), "broken links:\n{}", broken.join("\n"));
}

#[test]
fn the_summary_lists_every_page_of_the_book_once() {
    let summary = format!("{BOOK}/SUMMARY.md");
    let links = Page::read(&summary).links();
    let listed: Vec<String> = links.iter().map(|link| format!("{BOOK}/{link}")).collect();
    let distinct: BTreeSet<_> = listed.iter().cloned().collect();
    assert_eq!(listed.len(), distinct.len(), "a page is listed twice");
    let pages: BTreeSet<_> = book_pages()
        .into_iter()
        .filter(|page| *page != summary)
        .collect();
    assert_eq!(distinct, pages);
}

#[test]
fn every_path_in_the_text_exists() {
    for name in all_pages() {
        for path in Page::read(&name).code() {
            if is_path(&path) {
                assert!(root().join(&path).exists(), "{name}: {path} does not exist");
            }
        }
    }
}

fn leads_somewhere(page: &str, link: &str) -> bool {
    let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
    let folder = Path::new(page).parent().expect("a page lies in a folder");
    let target = match file {
        "" => PathBuf::from(page),
        file => normalized(&folder.join(file)),
    };
    if !root().join(&target).exists() {
        return false;
    }
    anchor.is_empty() || Page::read(&target.to_string_lossy()).has_anchor(anchor)
}

/// Resolves `..` without looking at the disk.
fn normalized(path: &Path) -> PathBuf {
    let mut resolved = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                resolved.pop();
            }
            Component::CurDir => {}
            other => resolved.push(other),
        }
    }
    resolved
}

/// Returns whether code is meant as a path from the root of the project.
fn is_path(text: &str) -> bool {
    let tops = ["crates/", "lua/", "deploy/", "examples/", ".ci/", "docs/"];
    tops.iter().any(|top| text.starts_with(top)) && !text.contains(['{', '*', ' ', '…'])
}

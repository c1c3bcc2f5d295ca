//! The list of pages.

use std::fs;
use std::path::{Path, PathBuf};

use crate::scratch::root;

/// Folder of the book.
pub(crate) const BOOK: &str = "docs";

/// Pages outside of the book. Those that do not exist are left out.
const TOP: [&str; 4] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
];

/// Paths of all pages, from the root of the project, in order.
pub(crate) fn all_pages() -> Vec<String> {
    let top = TOP.into_iter().filter(|path| root().join(path).exists());
    top.map(str::to_owned).chain(book_pages()).collect()
}

/// Paths of the pages of the book, from the root of the project, in order.
pub(crate) fn book_pages() -> Vec<String> {
    let mut pages = Vec::new();
    collect(Path::new(BOOK), "md", &mut pages);
    pages.iter().map(|path| text(path)).collect()
}

/// Adds all files below `folder` with this extension to `into`, in order; paths are from the root of the project.
pub(crate) fn collect(folder: &Path, extension: &str, into: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(root().join(folder)).expect("a folder of the project");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("an entry of the folder").file_name())
        .collect();
    names.sort();
    for name in names {
        let path = folder.join(name);
        if root().join(&path).is_dir() {
            collect(&path, extension, into);
        } else if path.extension().is_some_and(|found| found == extension) {
            into.push(path);
        }
    }
}

fn text(path: &Path) -> String {
    path.to_str().expect("paths of pages are UTF-8").to_owned()
}

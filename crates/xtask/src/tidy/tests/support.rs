//! Crates made up of a few lines.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::tidy::cycles::cycles;
use crate::tidy::tree::{Loader, Tree};

/// Source files by path.
struct MemoryLoader(BTreeMap<PathBuf, String>);

impl Loader for MemoryLoader {
    fn load(&self, file: &Path) -> Option<String> {
        self.0.get(file).cloned()
    }
}

/// Parses a crate; the first file is its root.
pub(super) fn parse(files: &[(&str, &str)]) -> Tree {
    let sources = files
        .iter()
        .map(|(file, source)| (PathBuf::from(file), (*source).to_owned()));
    let loader = MemoryLoader(sources.collect());
    Tree::parse(Path::new(files[0].0), &loader).expect("the crate parses")
}

/// Returns the cycles of a crate as `folder: member member`.
pub(super) fn found(files: &[(&str, &str)]) -> Vec<String> {
    cycles(&parse(files))
        .iter()
        .map(|cycle| format!("{}: {}", cycle.folder.join("::"), cycle.members.join(" ")))
        .collect()
}

//! One name for one type, in all crates that ship.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::Tree;
use super::workspace::Workspace;

/// Names that several types may share, each with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "Args",
        "the arguments of a command, by the convention of clap",
    ),
    (
        "BadRecord",
        "the error of a map attempt, and the stored form of the same record",
    ),
    (
        "Target",
        "a fuzz target: each crate lists its own behind the feature `fuzzing`",
    ),
];

/// Returns each public name of a type or trait that the shipped crates define more than once.
pub(super) fn check(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let mut locations = Locations::default();
    for package in workspace.packages.iter().filter(|package| package.ships()) {
        for root in &package.roots {
            collect(&workspace.tree(root)?, &mut locations);
        }
    }
    Ok(duplicates(&locations))
}

/// Locations of the definitions of each name, as `file:line`.
type Locations = BTreeMap<String, BTreeSet<String>>;

pub(super) fn collect(tree: &Tree, locations: &mut Locations) {
    for module in &tree.modules {
        for item in module.types.iter().filter(|item| item.public) {
            let location = format!("{}:{}", module.file.display(), item.line);
            locations
                .entry(item.name.clone())
                .or_default()
                .insert(location);
        }
    }
}

pub(super) fn duplicates(locations: &Locations) -> Vec<String> {
    locations
        .iter()
        .filter(|(_, locations)| locations.len() > 1)
        .filter(|(name, _)| !EXCEPTIONS.iter().any(|(exception, _)| exception == name))
        .map(|(name, locations)| {
            let locations: Vec<_> = locations.iter().map(String::as_str).collect();
            format!(
                "{name}: {} types: {}",
                locations.len(),
                locations.join(", ")
            )
        })
        .collect()
}

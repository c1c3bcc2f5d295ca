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
    let mut places = Places::default();
    for package in workspace.packages.iter().filter(|package| package.ships()) {
        for root in &package.roots {
            collect(&workspace.tree(root)?, &mut places);
        }
    }
    Ok(duplicates(&places))
}

/// Locations of the definitions of each name, as `file:line`.
type Places = BTreeMap<String, BTreeSet<String>>;

pub(super) fn collect(tree: &Tree, places: &mut Places) {
    for module in &tree.modules {
        for item in module.types.iter().filter(|item| item.public) {
            let place = format!("{}:{}", module.file.display(), item.line);
            places.entry(item.name.clone()).or_default().insert(place);
        }
    }
}

pub(super) fn duplicates(places: &Places) -> Vec<String> {
    places
        .iter()
        .filter(|(_, places)| places.len() > 1)
        .filter(|(name, _)| !EXCEPTIONS.iter().any(|(exception, _)| exception == name))
        .map(|(name, places)| {
            let places: Vec<_> = places.iter().map(String::as_str).collect();
            format!("{name}: {} types: {}", places.len(), places.join(", "))
        })
        .collect()
}

//! Dependencies between our crates, which point one way.

use super::package::{Package, short};
use super::workspace::Workspace;

/// The shipped crates, lowest layer first. A crate may depend on the crates before it, except as [`FORBIDDEN`] says.
const LAYERS: &[&str] = &[
    "core",
    "shuffle",
    "formats",
    "job",
    "jobs",
    "streaming",
    "store",
    "settings",
    "master",
    "worker",
    "cli",
    "mapreduce",
];

/// Dependencies that the layers would allow: a crate, and the crates that it must not know.
const FORBIDDEN: &[(&str, &[&str])] = &[
    // Coordination does not know what a task computes.
    ("store", &["formats", "job", "jobs", "streaming"]),
    ("settings", &["job", "jobs", "streaming"]),
    // Master and worker talk through the store only.
    ("worker", &["master"]),
];

/// Returns each dependency that the table does not allow.
pub(super) fn check(workspace: &Workspace) -> Vec<String> {
    problems(&workspace.packages)
}

pub(super) fn problems(packages: &[Package]) -> Vec<String> {
    let ours: Vec<&str> = packages
        .iter()
        .map(|package| short(&package.name))
        .collect();
    let mut problems = Vec::new();
    for package in packages {
        let from = short(&package.name);
        // Examples and crates for development may use everything.
        if !LAYERS.contains(&from) {
            continue;
        }
        for dependency in &package.dependencies {
            let to = short(dependency);
            if ours.contains(&to) && !is_allowed(from, to) {
                problems.push(format!(
                    "{from} -> {to}: not allowed by the layers in crates/xtask/src/tidy/edges.rs"
                ));
            }
        }
    }
    problems
}

fn is_allowed(from: &str, to: &str) -> bool {
    let layer = |name: &str| LAYERS.iter().position(|layer| *layer == name);
    let forbidden = FORBIDDEN
        .iter()
        .any(|(package, others)| *package == from && others.contains(&to));
    layer(to) < layer(from) && layer(to).is_some() && !forbidden
}

//! Dependencies between our crates, which point one way.

use super::package::{Package, short};
use super::workspace::Workspace;

/// The crates that each shipped crate may depend on, lowest layer first.
const ALLOWED: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("formats", &["core"]),
    ("shuffle", &["core", "formats"]),
    ("job", &["core", "formats", "shuffle"]),
    ("jobs", &["core", "formats", "shuffle", "job"]),
    ("streaming", &["core", "formats", "shuffle", "job"]),
    ("store", &["core", "shuffle"]),
    ("settings", &["core", "formats", "store"]),
    (
        "master",
        &[
            "core",
            "formats",
            "shuffle",
            "job",
            "jobs",
            "streaming",
            "store",
            "settings",
        ],
    ),
    (
        "worker",
        &[
            "core",
            "formats",
            "shuffle",
            "job",
            "jobs",
            "streaming",
            "store",
            "settings",
        ],
    ),
    (
        "cli",
        &[
            "core",
            "formats",
            "shuffle",
            "job",
            "jobs",
            "streaming",
            "store",
            "settings",
            "master",
            "worker",
        ],
    ),
    (
        "mapreduce",
        &[
            "core",
            "formats",
            "shuffle",
            "job",
            "jobs",
            "streaming",
            "store",
            "settings",
            "master",
            "worker",
            "cli",
        ],
    ),
];

/// The same before the crate `mapreduce` is split: it is the lowest layer then.
const ALLOWED_BEFORE_SPLIT: &[(&str, &[&str])] = &[
    ("mapreduce", &[]),
    ("streaming", &["mapreduce"]),
    ("store", &["mapreduce"]),
    ("runtime", &["mapreduce", "store"]),
    ("settings", &["mapreduce", "store"]),
    (
        "master",
        &["mapreduce", "streaming", "store", "runtime", "settings"],
    ),
    (
        "worker",
        &["mapreduce", "streaming", "store", "runtime", "settings"],
    ),
    (
        "cli",
        &[
            "mapreduce",
            "streaming",
            "store",
            "runtime",
            "settings",
            "master",
            "worker",
        ],
    ),
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
    let table = if ours.contains(&"core") {
        ALLOWED
    } else {
        ALLOWED_BEFORE_SPLIT
    };
    let mut problems = Vec::new();
    for package in packages {
        let name = short(&package.name);
        let allowed = table
            .iter()
            .find(|(from, _)| *from == name)
            .map(|(_, to)| *to);
        for dependency in &package.dependencies {
            let to = short(dependency);
            if !ours.contains(&to) {
                continue;
            }
            match allowed {
                Some(allowed) if !allowed.contains(&to) => problems.push(format!(
                    "{name} -> {to}: not in the table of allowed dependencies, crates/xtask/src/tidy/edges.rs"
                )),
                // Examples and development crates use everything but each other's internals.
                Some(_) | None => {}
            }
        }
    }
    problems
}

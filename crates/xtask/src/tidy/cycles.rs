//! Modules that import each other.
//!
//! At every level of a crate, the modules of one folder are compared with each other. A folder counts as one module
//! towards its siblings. The code of the folder's own `mod.rs` takes part under the name `self`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::resolve::Use;
use super::tree::{ModulePath, Tree};
use super::workspace::Workspace;

/// Number of uses that are printed for each pair of modules.
const SHOWN: usize = 3;

/// Returns a description of each cycle in each crate of the workspace.
pub(super) fn check(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let mut problems = Vec::new();
    for package in &workspace.packages {
        for root in &package.roots {
            let tree = workspace.tree(root)?;
            let found = cycles(&tree);
            problems.extend(found.iter().map(|cycle| cycle.describe(&package.name)));
        }
    }
    problems.sort();
    problems.dedup();
    Ok(problems)
}

/// Modules of one folder that import each other.
#[derive(Debug)]
pub(super) struct Cycle {
    /// The folder.
    pub(super) folder: ModulePath,
    /// The modules, sorted by name.
    pub(super) members: Vec<String>,
    /// The uses between each two members, as `file:line: path`.
    pub(super) edges: BTreeMap<(String, String), Vec<String>>,
}

impl Cycle {
    /// Returns the pairs of members that import each other directly.
    pub(super) fn pairs(&self) -> Vec<(&str, &str)> {
        self.edges
            .keys()
            .filter(|(from, to)| from < to)
            .filter(|(from, to)| self.edges.contains_key(&(to.clone(), from.clone())))
            .map(|(from, to)| (from.as_str(), to.as_str()))
            .collect()
    }

    fn describe(&self, package: &str) -> String {
        let folder: String = self.folder.iter().map(|name| format!("::{name}")).collect();
        let mut text = format!(
            "{package}{folder}: {} import each other",
            self.members.join(", ")
        );
        let pairs: Vec<_> = self
            .pairs()
            .iter()
            .map(|(a, b)| format!("{a} <-> {b}"))
            .collect();
        if self.members.len() > 2 && !pairs.is_empty() {
            let _ = write!(text, "; directly: {}", pairs.join(", "));
        }
        for ((from, to), uses) in &self.edges {
            let _ = write!(text, "\n  {from} -> {to}");
            for line in uses.iter().take(SHOWN) {
                let _ = write!(text, "\n    {line}");
            }
            if uses.len() > SHOWN {
                let _ = write!(text, "\n    and {} more", uses.len() - SHOWN);
            }
        }
        text
    }
}

/// The uses between the modules of one folder.
type Graph = BTreeMap<(String, String), Vec<String>>;

/// Returns the cycles of a crate, from its root down.
pub(super) fn cycles(tree: &Tree) -> Vec<Cycle> {
    let mut graphs: BTreeMap<ModulePath, Graph> = BTreeMap::new();
    for item in tree.uses() {
        let (folder, from, to) = compared(tree, &item);
        let file = tree.modules[item.from].file.display();
        let evidence = format!("{file}:{}: {}", item.line, item.text);
        let uses = graphs
            .entry(folder)
            .or_default()
            .entry((from, to))
            .or_default();
        if !uses.contains(&evidence) {
            uses.push(evidence);
        }
    }
    graphs
        .iter()
        .flat_map(|(folder, graph)| cycles_of(folder, graph))
        .collect()
}

/// Returns the folder where the paths of two modules part, and the names of both sides there.
fn compared(tree: &Tree, item: &Use) -> (ModulePath, String, String) {
    let (from, to) = (&tree.modules[item.from].path, &tree.modules[item.to].path);
    let common = from.iter().zip(to).take_while(|(a, b)| a == b).count();
    let name = |path: &ModulePath| path.get(common).map_or("self", String::as_str).to_owned();
    (from[..common].to_vec(), name(from), name(to))
}

/// Returns the strongly connected components of a graph that have several members.
fn cycles_of(folder: &ModulePath, graph: &Graph) -> Vec<Cycle> {
    let nodes: BTreeSet<&str> = graph
        .keys()
        .flat_map(|(from, to)| [from.as_str(), to.as_str()])
        .collect();
    let reachable: BTreeMap<&str, BTreeSet<&str>> = nodes
        .iter()
        .map(|node| (*node, reachable_from(node, graph)))
        .collect();
    let mut done = BTreeSet::new();
    let mut cycles = Vec::new();
    for node in &nodes {
        let members: Vec<&str> = nodes
            .iter()
            .copied()
            .filter(|other| reachable[node].contains(other) && reachable[other].contains(node))
            .collect();
        if members.len() < 2 || !done.insert(members.clone()) {
            continue;
        }
        let is_inside = |(from, to): &(String, String)| {
            members.contains(&from.as_str()) && members.contains(&to.as_str())
        };
        cycles.push(Cycle {
            folder: folder.clone(),
            edges: graph
                .iter()
                .filter(|(edge, _)| is_inside(edge))
                .map(|(edge, uses)| (edge.clone(), uses.clone()))
                .collect(),
            members: members.into_iter().map(str::to_owned).collect(),
        });
    }
    cycles
}

fn reachable_from<'a>(start: &str, graph: &'a Graph) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut pending = vec![start];
    while let Some(node) = pending.pop() {
        for (from, to) in graph.keys() {
            if from == node && reached.insert(to.as_str()) {
                pending.push(to);
            }
        }
    }
    reached
}

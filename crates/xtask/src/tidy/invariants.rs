//! Tests that ARCHITECTURE.md names exist.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context;
use proc_macro2::{TokenStream, TokenTree};

use super::workspace::Workspace;

const FILE: &str = "ARCHITECTURE.md";

/// Returns each test in the table of invariants that no source file defines.
pub(super) fn check(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let document = workspace.read(Path::new(FILE))?;
    let mut functions = BTreeSet::new();
    for file in &workspace.files {
        let tokens: TokenStream = workspace
            .read(file)?
            .parse()
            .ok()
            .with_context(|| format!("cannot parse {}", file.display()))?;
        collect_functions(tokens, &mut functions);
    }
    Ok(missing(&document, &functions))
}

pub(super) fn missing(document: &str, functions: &BTreeSet<String>) -> Vec<String> {
    let tests = named_tests(document);
    if tests.is_empty() {
        return vec![format!(
            "{FILE}: the section \"Invariants\" has no table that names tests"
        )];
    }
    tests
        .iter()
        .filter(|(_, test)| !functions.contains(test.rsplit("::").next().unwrap_or(test)))
        .map(|(line, test)| format!("{FILE}:{line}: no function is named `{test}`"))
        .collect()
}

/// Returns the names in backticks of the last column of the table, each with its line.
fn named_tests(document: &str) -> Vec<(usize, String)> {
    let mut tests = Vec::new();
    let mut is_inside = false;
    for (index, line) in document.lines().enumerate() {
        if line.starts_with('#') {
            is_inside = line.contains("Invariants");
        }
        let row = line
            .trim()
            .strip_prefix('|')
            .and_then(|row| row.strip_suffix('|'));
        let Some(row) = row.filter(|_| is_inside) else {
            continue;
        };
        let column = row.rsplit('|').next().unwrap_or(row);
        let names = column.split('`').skip(1).step_by(2);
        tests.extend(names.map(|name| (index + 1, name.to_owned())));
    }
    tests
}

/// Adds the names of all functions, also of those inside of macros.
pub(super) fn collect_functions(tokens: TokenStream, functions: &mut BTreeSet<String>) {
    let mut follows_fn = false;
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => {
                if follows_fn {
                    functions.insert(ident.to_string());
                }
                follows_fn = ident == "fn";
            }
            TokenTree::Group(group) => {
                follows_fn = false;
                collect_functions(group.stream(), functions);
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => follows_fn = false,
        }
    }
}

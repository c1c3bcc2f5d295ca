//! The names that `use` items import.

use syn::UseTree;

/// A path of at least two segments and the line where it starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mention {
    pub(super) path: Vec<String>,
    pub(super) line: usize,
}

/// Returns the names that a `use` item brings into scope, each with its path.
pub(super) fn flatten(tree: &UseTree) -> Vec<(String, Mention)> {
    let mut imports = Vec::new();
    flatten_into(tree, &mut Vec::new(), &mut imports);
    imports
}

fn flatten_into(tree: &UseTree, prefix: &mut Vec<String>, imports: &mut Vec<(String, Mention)>) {
    let mut add = |name: String, mut path: Vec<String>, line: usize| {
        // `use foo::{self}` imports `foo`.
        let mut name = name;
        if path.len() > 1 && path.last().is_some_and(|segment| segment == "self") {
            path.pop();
            if name == "self" {
                name = path.last().cloned().unwrap_or_default();
            }
        }
        imports.push((name, Mention { path, line }));
    };
    match tree {
        UseTree::Path(path) => {
            prefix.push(path.ident.to_string());
            flatten_into(&path.tree, prefix, imports);
            prefix.pop();
        }
        UseTree::Name(item) => {
            let mut path = prefix.clone();
            path.push(item.ident.to_string());
            add(item.ident.to_string(), path, item.ident.span().start().line);
        }
        UseTree::Rename(item) => {
            let mut path = prefix.clone();
            path.push(item.ident.to_string());
            add(
                item.rename.to_string(),
                path,
                item.ident.span().start().line,
            );
        }
        UseTree::Glob(item) => {
            add(
                "*".to_owned(),
                prefix.clone(),
                item.star_token.spans[0].start().line,
            );
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                flatten_into(tree, prefix, imports);
            }
        }
    }
}

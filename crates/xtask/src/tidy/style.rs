//! One module style, and files that fit on a few screens.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Context;
use syn::{Item, spanned::Spanned};

use super::workspace::Workspace;

/// The most lines of a source file, tests included.
const MAX_LINES: usize = 400;

/// Returns each module that has both a file and a folder, and each `mod.rs` or `lib.rs` that holds code.
pub(super) fn check_modules(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let mut problems = siblings(&workspace.files);
    for file in &workspace.files {
        let is_module_file = ["mod.rs", "lib.rs"].iter().any(|name| file.ends_with(name));
        // An example may be a single file, as a user's first job is.
        let is_example = file.starts_with("examples") && file.ends_with("lib.rs");
        if is_module_file && !is_example {
            problems.extend(code_in_module_file(file, &workspace.read(file)?)?);
        }
    }
    Ok(problems)
}

/// Returns each file of more than 400 lines.
pub(super) fn check_lengths(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let mut problems = Vec::new();
    for file in &workspace.files {
        let lines = workspace.read(file)?.lines().count();
        problems.extend(too_long(file, lines));
    }
    Ok(problems)
}

pub(super) fn too_long(file: &Path, lines: usize) -> Option<String> {
    (lines > MAX_LINES).then(|| {
        format!(
            "{}: {lines} lines; the limit is {MAX_LINES}",
            file.display()
        )
    })
}

/// Returns each `foo.rs` that has a sibling folder `foo` with source files.
pub(super) fn siblings(files: &[PathBuf]) -> Vec<String> {
    let folders: BTreeSet<&Path> = files
        .iter()
        .flat_map(|file| file.ancestors().skip(1))
        .collect();
    files
        .iter()
        .filter(|file| folders.contains(file.with_extension("").as_path()))
        .map(|file| {
            let folder = file.with_extension("");
            format!("{}: move to {}/mod.rs", file.display(), folder.display())
        })
        .collect()
}

/// Returns each item of a `mod.rs` or `lib.rs` that neither declares nor imports.
pub(super) fn code_in_module_file(file: &Path, source: &str) -> anyhow::Result<Vec<String>> {
    let parsed =
        syn::parse_file(source).with_context(|| format!("cannot parse {}", file.display()))?;
    let problems = parsed.items.iter().filter_map(|item| {
        let kind = match item {
            Item::Use(_) | Item::ExternCrate(_) => return None,
            Item::Mod(module) if module.content.is_none() => return None,
            Item::Mod(_) => "an inline module",
            Item::Fn(_) => "a function",
            Item::Impl(_) => "an implementation",
            Item::Macro(_) => "a macro",
            Item::Const(_) | Item::Static(_) => "a constant",
            _ => "a type or trait",
        };
        let line = item.span().start().line;
        Some(format!(
            "{}:{line}: {kind}; move it to another file",
            file.display()
        ))
    });
    Ok(problems.collect())
}

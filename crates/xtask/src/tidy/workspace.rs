//! The packages of a checkout, by `cargo metadata`, and its source files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::Value;

use super::package::Package;
use super::tree::{Loader, Tree};

/// A checkout: its packages and every source file below `crates` and `examples`.
#[derive(Debug)]
pub(super) struct Workspace {
    pub(super) root: PathBuf,
    pub(super) packages: Vec<Package>,
    /// Paths of the `.rs` files, relative to the root.
    pub(super) files: Vec<PathBuf>,
}

impl Workspace {
    /// Reads the workspace in `root`.
    pub(super) fn load(root: &Path) -> anyhow::Result<Self> {
        let root = root
            .canonicalize()
            .with_context(|| format!("cannot read the folder {}", root.display()))?;
        let metadata = cargo_metadata(&root)?;
        let mut packages: Vec<_> = metadata["packages"]
            .as_array()
            .context("`cargo metadata` printed no list of packages")?
            .iter()
            .map(|package| parse_package(package, &root))
            .collect();
        packages.sort_by(|a, b| a.name.cmp(&b.name));
        let mut files = Vec::new();
        for folder in ["crates", "examples"] {
            collect_rust_files(&root.join(folder), &mut files)?;
        }
        let mut files: Vec<_> = files.iter().map(|file| relative(file, &root)).collect();
        files.sort();
        Ok(Self {
            root,
            packages,
            files,
        })
    }

    /// Parses the modules of the crate whose root file is `file`.
    pub(super) fn tree(&self, file: &Path) -> anyhow::Result<Tree> {
        Tree::parse(file, &DiskLoader { root: &self.root })
    }

    /// Reads a file of the checkout.
    pub(super) fn read(&self, file: &Path) -> anyhow::Result<String> {
        fs::read_to_string(self.root.join(file))
            .with_context(|| format!("cannot read {}", file.display()))
    }
}

/// Loads source files of a checkout.
struct DiskLoader<'a> {
    root: &'a Path,
}

impl Loader for DiskLoader<'_> {
    fn load(&self, file: &Path) -> Option<String> {
        fs::read_to_string(self.root.join(file)).ok()
    }
}

fn cargo_metadata(root: &Path) -> anyhow::Result<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // Without `--no-deps`, cargo would resolve and perhaps download dependencies.
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--format-version",
            "1",
            "--no-deps",
            "--offline",
        ])
        .current_dir(root)
        .output()
        .context("cannot start `cargo metadata`")?;
    ensure!(
        output.status.success(),
        "`cargo metadata` failed in {}: {}",
        root.display(),
        String::from_utf8_lossy(&output.stderr).trim()
    );
    serde_json::from_slice(&output.stdout).context("`cargo metadata` printed invalid JSON")
}

fn parse_package(package: &Value, root: &Path) -> Package {
    let dependencies = list(&package["dependencies"])
        .filter(|dependency| dependency["kind"].as_str() != Some("dev"))
        .filter_map(|dependency| dependency["name"].as_str())
        .map(str::to_owned)
        .collect();
    let roots = list(&package["targets"])
        .filter(|target| {
            list(&target["kind"])
                .filter_map(Value::as_str)
                .any(|kind| ["lib", "bin", "example"].contains(&kind))
        })
        .filter_map(|target| target["src_path"].as_str())
        .map(|path| relative(Path::new(path), root))
        .collect();
    let manifest = Path::new(package["manifest_path"].as_str().unwrap_or_default());
    Package {
        name: package["name"].as_str().unwrap_or_default().to_owned(),
        folder: relative(manifest.parent().unwrap_or(manifest), root),
        roots,
        dependencies,
    }
}

fn relative(path: &Path, root: &Path) -> PathBuf {
    path.strip_prefix(root).unwrap_or(path).to_owned()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn collect_rust_files(folder: &Path, files: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = fs::read_dir(folder)
        .with_context(|| format!("cannot list the folder {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "target") {
                collect_rust_files(&path, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

//! The copy of the sources in which mutations are made.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use devtools::workspace::describe;

use super::mutant::Mutant;

/// The copy of the sources and its target folder.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) sources: PathBuf,
    pub(super) target: PathBuf,
}

/// A mutated file and its original text.
pub(super) struct Mutated {
    path: PathBuf,
    before: String,
}

impl Tree {
    /// Copies the files of the workspace at `root` that git does not ignore.
    ///
    /// Unchanged files are not touched, so that their builds stay valid.
    pub(super) fn copy(root: &Path, folder: &Path) -> anyhow::Result<Self> {
        let tree = Self {
            sources: folder.join("sources"),
            target: folder.join("target"),
        };
        let mut list = Command::new("git");
        list.args(["ls-files", "-z", "--cached", "--others"])
            .arg("--exclude-standard")
            .current_dir(root);
        let listed = list.output().context("cannot start git")?;
        ensure!(listed.status.success(), "git cannot list the sources");
        let names = String::from_utf8(listed.stdout).context("the name of a file is not UTF-8")?;
        let names: Vec<_> = names.split_terminator('\0').collect();
        tree.remove_others(&names)?;
        for name in names {
            copy_changed(&root.join(name), &tree.sources.join(name))?;
        }
        Ok(tree)
    }

    /// Removes files that the workspace no longer has. Otherwise cargo could build them.
    fn remove_others(&self, names: &[&str]) -> anyhow::Result<()> {
        if !self.sources.exists() {
            return Ok(());
        }
        let keep: Vec<_> = names.iter().map(|name| self.sources.join(name)).collect();
        let mut folders = vec![self.sources.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
                let entry = entry?;
                match entry.file_type()?.is_dir() {
                    true => folders.push(entry.path()),
                    false if !keep.contains(&entry.path()) => fs::remove_file(entry.path())?,
                    false => {}
                }
            }
        }
        Ok(())
    }

    /// Makes a mutation.
    pub(super) fn mutate(&self, mutant: &Mutant) -> anyhow::Result<Mutated> {
        let path = self.sources.join(mutant.file);
        let before = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let mutated = mutant.apply(&before)?;
        fs::write(&path, mutated).with_context(|| path.display().to_string())?;
        Ok(Mutated { path, before })
    }

    /// Returns a cargo command in the copy.
    pub(super) fn cargo(&self, args: &[&str]) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command
            .args(args)
            .current_dir(&self.sources)
            .env("CARGO_TARGET_DIR", &self.target)
            // The variable points to the real workspace.
            .env_remove("CARGO_MANIFEST_DIR");
        command
    }

    /// Builds the tests first, so that a compile error is not taken for a failed test.
    pub(super) fn build(&self, args: &[&str]) -> anyhow::Result<()> {
        let mut build = self.cargo(&["test", "--quiet", "--no-run"]);
        let built = build.args(args).output().context("cannot start cargo")?;
        let log = String::from_utf8_lossy(&built.stderr);
        ensure!(
            built.status.success(),
            "`{}` failed:\n{log}",
            describe(&build)
        );
        Ok(())
    }
}

impl Mutated {
    /// Restores the original text.
    pub(super) fn revert(self) -> anyhow::Result<()> {
        fs::write(&self.path, self.before).with_context(|| self.path.display().to_string())
    }
}

/// Copies a file unless the copy is already equal.
fn copy_changed(from: &Path, to: &Path) -> anyhow::Result<()> {
    if from.is_dir() {
        return copy_link(from, to);
    }
    let Ok(bytes) = fs::read(from) else {
        // The file was removed without a commit.
        return Ok(());
    };
    if fs::read(to).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    fs::write(to, bytes).with_context(|| to.display().to_string())?;
    let permissions = fs::metadata(from)?.permissions();
    fs::set_permissions(to, permissions).with_context(|| to.display().to_string())
}

/// Copies a link to a folder, such as the one from the crate `store` to the function library.
fn copy_link(from: &Path, to: &Path) -> anyhow::Result<()> {
    if to.is_symlink() {
        return Ok(());
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let target = fs::read_link(from).with_context(|| from.display().to_string())?;
    symlink(target, to).with_context(|| to.display().to_string())
}

//! Paths of the workspace, cargo, and running commands.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, ensure};

/// Root folder of the workspace.
///
/// Cargo names the folder of the running package in the environment. The folder at the time of the build may be another
/// one, because clones of the repository may share a target folder.
pub fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let running = env::var_os("CARGO_MANIFEST_DIR");
        let package =
            running.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = package.ancestors().nth(2);
        root.expect("the packages lie in crates/ or examples/ of the workspace")
            .to_path_buf()
    })
}

/// Target folder of the workspace. `CARGO_TARGET_DIR` overrides it.
pub fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// Path of a program in the release profile.
pub fn release_binary(name: &str) -> PathBuf {
    binary("release", name)
}

/// Path of a program in the profile of the tests, which checks for overflow.
pub fn debug_binary(name: &str) -> PathBuf {
    binary("debug", name)
}

fn binary(profile: &str, name: &str) -> PathBuf {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    target().join(profile).join(file)
}

/// Cargo in the root folder, of the same version as the one that runs this program.
pub fn cargo(args: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(args).current_dir(root());
    command
}

/// Returns the name of the package in the folder `crates/FOLDER`.
///
/// The development commands name crates by their folders, so that they do not depend on the names of packages.
///
/// # Errors
/// The folder does not contain a package.
pub fn package(folder: &str) -> anyhow::Result<String> {
    let path = root().join("crates").join(folder).join("Cargo.toml");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let name = text
        .lines()
        .find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'));
    let name = name.with_context(|| format!("{} does not name a package", path.display()))?;
    Ok(name.to_owned())
}

/// Builds the programs of the crates in these folders in the release profile.
///
/// # Errors
/// The build fails.
pub fn build_release(folders: &[&str]) -> anyhow::Result<()> {
    build(&["build", "--release", "--bins"], folders)
}

/// Builds the programs of the crates in these folders in the profile of the tests.
///
/// # Errors
/// The build fails.
pub fn build_debug(folders: &[&str]) -> anyhow::Result<()> {
    build(&["build", "--bins"], folders)
}

fn build(args: &[&str], folders: &[&str]) -> anyhow::Result<()> {
    let mut command = cargo(args);
    for folder in folders {
        command.args(["--package", &package(folder)?]);
    }
    call(&mut command)
}

/// Builds an example of the crate in `folder` in the release profile and returns its path.
///
/// # Errors
/// The build fails.
pub fn build_example(folder: &str, name: &str) -> anyhow::Result<PathBuf> {
    let mut command = cargo(&["build", "--release", "--package", &package(folder)?]);
    call(command.args(["--example", name]))?;
    Ok(release_binary(&format!("examples/{name}")))
}

/// Runs a command whose output goes to the terminal.
///
/// # Errors
/// The command cannot be started or fails. The error names it.
pub fn call(command: &mut Command) -> anyhow::Result<()> {
    let line = describe(command);
    let status = command
        .status()
        .with_context(|| format!("cannot start `{line}`"))?;
    ensure!(status.success(), "`{line}` failed: {status}");
    Ok(())
}

/// The command as a user would type it.
pub fn describe(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy()];
    words.extend(command.get_args().map(|arg| arg.to_string_lossy()));
    words.join(" ")
}

/// Path of a program in one of the folders of `PATH`.
pub fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_found_by_its_folder() {
        assert_eq!(package("devtools").unwrap(), env!("CARGO_PKG_NAME"));
        let error = package("no-such-folder").unwrap_err().to_string();
        assert!(error.starts_with("cannot read"), "{error}");
    }
}

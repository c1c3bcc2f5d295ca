//! Where things are: the workspace, its target folder, its binaries, and cargo.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// Tells tests of whole clusters that the programs they start have just been built.
pub(crate) const PROGRAMS_ARE_BUILT: &str = "TESTKIT_PROGRAMS_ARE_BUILT";

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package
        .ancestors()
        .nth(2)
        .expect("the package lies in crates/xtask of the workspace")
}

/// The target folder; `CARGO_TARGET_DIR` is honoured.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) => root().join(folder),
        None => root().join("target"),
    }
}

/// A binary of the release profile.
pub(crate) fn release_binary(name: &str) -> PathBuf {
    target()
        .join("release")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// A binary of the profile of tests, which checks for overflow.
pub(crate) fn debug_binary(name: &str) -> PathBuf {
    target()
        .join("debug")
        .join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Cargo at the root of the workspace, the same one that runs this program.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(args).current_dir(root());
    command
}

/// Builds the binaries of `packages` in the release profile.
pub(crate) fn build_release(packages: &[&str]) -> anyhow::Result<()> {
    let mut args = vec!["build", "--release", "--bins"];
    for package in packages {
        args.extend(["--package", package]);
    }
    call(&mut cargo(&args))
}

/// Builds an example of this package in the release profile; answers where it is.
///
/// Examples have what they measure inside themselves, which this program as such need not wait for.
pub(crate) fn build_example(name: &str) -> anyhow::Result<PathBuf> {
    let args = [
        "build",
        "--release",
        "--package",
        "xtask",
        "--example",
        name,
    ];
    call(&mut cargo(&args))?;
    Ok(release_binary(&format!("examples/{name}")))
}

/// Builds the binaries of `packages` in the profile of tests.
pub(crate) fn build_debug(packages: &[&str]) -> anyhow::Result<()> {
    let mut args = vec!["build", "--bins"];
    for package in packages {
        args.extend(["--package", package]);
    }
    call(&mut cargo(&args))
}

/// Runs a command whose output is the user's to see; an error names it when it fails.
pub(crate) fn call(command: &mut Command) -> anyhow::Result<()> {
    let line = describe(command);
    let status = command
        .status()
        .with_context(|| format!("cannot start `{line}`"))?;
    ensure!(status.success(), "`{line}` failed: {status}");
    Ok(())
}

/// The command as one would type it.
pub(crate) fn describe(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy()];
    words.extend(command.get_args().map(|arg| arg.to_string_lossy()));
    words.join(" ")
}

/// The path of a program, if a folder of `PATH` holds it.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

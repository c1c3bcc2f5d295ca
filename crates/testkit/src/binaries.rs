//! The programs under test.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Variable that `cargo xtask test` sets after it has built all programs. Building them again here would take
/// other features.
pub const PROGRAMS_ARE_BUILT: &str = "TESTKIT_PROGRAMS_ARE_BUILT";

/// Returns the path of the program `name`, built from the present sources.
///
/// The first call of a test process builds all programs, so that no test runs against a missing or stale one.
///
/// # Panics
/// Panics with cargo's messages if the build fails.
pub(crate) fn binary(name: &str) -> PathBuf {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match FOLDER.get_or_init(build) {
        Ok(folder) => folder.join(name),
        Err(message) => panic!("cannot build the programs under test: {message}"),
    }
}

/// Builds the programs in the target folder of this test, which is `FOLDER/deps`.
fn build() -> Result<PathBuf, String> {
    let test = env::current_exe().map_err(|error| error.to_string())?;
    let folder = test.ancestors().nth(2).ok_or("the test has no folder")?;
    let (Some(target), Some(profile)) = (folder.parent(), folder.file_name()) else {
        return Err(format!("{} is not a target folder", folder.display()));
    };
    if env::var_os(PROGRAMS_ARE_BUILT).is_some() {
        return Ok(folder.to_path_buf());
    }
    let profile = match profile.to_string_lossy() {
        // Cargo calls the folder of the profile `dev` by another name.
        name if name == "debug" => "dev".to_owned(),
        name => name.into_owned(),
    };
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args([
            "build",
            "--quiet",
            "--workspace",
            "--bins",
            "--profile",
            &profile,
        ])
        .arg("--target-dir")
        .arg(target)
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if output.status.success() {
        Ok(folder.to_path_buf())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

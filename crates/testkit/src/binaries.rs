//! The programs under test.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Set by whoever runs tests right after building all programs beside them: cargo need not look once more, and must not,
/// where it would build them with other features.
const BUILT: &str = "TESTKIT_PROGRAMS_ARE_BUILT";

/// The program `name`, of the sources as they are now: the first call of a test process has cargo build
/// all programs, so that no test runs against one that is missing or stale.
///
/// # Panics
/// If the build fails; with cargo's messages.
pub(crate) fn binary(name: &str) -> PathBuf {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match FOLDER.get_or_init(build) {
        Ok(folder) => folder.join(name),
        Err(message) => panic!("the programs under test cannot be built: {message}"),
    }
}

/// Builds the workspace's programs where this test was built, which is `FOLDER/deps`.
fn build() -> Result<PathBuf, String> {
    let test = env::current_exe().map_err(|error| error.to_string())?;
    let folder = test.ancestors().nth(2).ok_or("the test has no folder")?;
    let (Some(target), Some(profile)) = (folder.parent(), folder.file_name()) else {
        return Err(format!("{} is no target folder", folder.display()));
    };
    if env::var_os(BUILT).is_some() {
        return Ok(folder.to_path_buf());
    }
    let profile = match profile.to_string_lossy() {
        // The folder of the profile `dev` has another name than the profile.
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
        .map_err(|error| format!("cargo cannot be run: {error}"))?;
    if output.status.success() {
        Ok(folder.to_path_buf())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

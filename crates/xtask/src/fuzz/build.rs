//! Building the fuzz program.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, ensure};
use devtools::workspace::{call, cargo, root, target};

/// Compiler flags that record coverage for libFuzzer.
const COVERAGE: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// Builds the instrumented program and returns its path.
///
/// # Errors
/// The build fails. It needs a C++ compiler for libFuzzer.
pub(super) fn build() -> anyhow::Result<PathBuf> {
    let host = host()?;
    let folder = target().join("fuzz");
    let mut flags = COVERAGE.join(" ");
    // A linker may drop the sections of the counters, because only libFuzzer refers to their start and end.
    if cfg!(target_os = "linux") {
        flags += " -Clink-arg=-Wl,-z,nostart-stop-gc";
    }
    if let Ok(own) = std::env::var("RUSTFLAGS") {
        flags = format!("{own} {flags}");
    }
    let mut build = cargo(&["build", "--quiet", "--release", "--locked"]);
    build
        .arg("--manifest-path")
        .arg(root().join("fuzz/Cargo.toml"))
        // With an explicit target, the flags do not apply to build scripts, which do not link libFuzzer.
        .args(["--target", &host])
        .arg("--target-dir")
        .arg(&folder)
        .env("RUSTFLAGS", flags);
    call(&mut build).context("cannot build the fuzz targets; libFuzzer needs a C++ compiler")?;
    Ok(folder.join(host).join("release/fuzz"))
}

/// Returns the target triple of this machine.
fn host() -> anyhow::Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("-vV").output();
    let output = output.context("cannot start rustc")?;
    ensure!(output.status.success(), "`rustc -vV` failed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("`rustc -vV` printed no host")?.to_owned())
}

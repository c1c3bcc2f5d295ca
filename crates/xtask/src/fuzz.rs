//! `fuzz`: the targets of `fuzz/`, one after the other, with the Rust that is there.
//!
//! cargo-fuzz asks for a nightly Rust because of its sanitizers. What libFuzzer itself needs, counters in
//! the compiled code, is a pass of LLVM that a stable Rust has too; safe code has little use for the rest.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

use crate::workspace;

/// The targets, one for each file in `fuzz/fuzz_targets`.
const TARGETS: [&str; 6] = ["csv", "table", "ndjson", "blob", "runs", "pairs"];
/// What makes the compiler count which branches an input takes, for libFuzzer.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1";
/// Longest input, in bytes: long enough for several records and blocks, short enough for thousands of tries a second.
const MAX_LEN: &str = "-max_len=600";
/// Address space of a target, in kB: some ten times what it needs. An input that makes it ask for more at once is
/// one that breaks it. libFuzzer's own limit does nothing without a sanitizer.
const LIMIT: &str = "ulimit -v 400000 && exec \"$0\" \"$@\"";

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Inputs to try with each target.
    #[arg(long, default_value_t = 100_000)]
    runs: u64,
    /// One target only.
    #[arg(long, value_parser = TARGETS)]
    only: Option<String>,
}

/// Builds and runs the targets; stops at the first input that breaks one.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let root = workspace::root();
    let built = root.join("target/fuzz");
    let host = host()?;
    // A target triple keeps the flags away from build scripts.
    let status = Command::new("cargo")
        .args([
            "build",
            "--quiet",
            "--release",
            "--target",
            &host,
            "--manifest-path",
        ])
        .arg(root.join("fuzz/Cargo.toml"))
        .arg("--target-dir")
        .arg(&built)
        .env("RUSTFLAGS", FLAGS)
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .status()
        .context("cargo cannot be started")?;
    ensure!(status.success(), "the fuzz targets cannot be built");
    let targets = TARGETS.into_iter();
    for target in targets.filter(|target| args.only.as_deref().is_none_or(|only| only == *target)) {
        let corpus = root.join("fuzz/corpus").join(target);
        fs::create_dir_all(&corpus)
            .with_context(|| format!("cannot make the folder {}", corpus.display()))?;
        let program = built.join(&host).join("release").join(target);
        fuzz(program, target, args.runs, &corpus, root)?;
    }
    Ok(())
}

fn fuzz(
    program: PathBuf,
    target: &str,
    runs: u64,
    corpus: &Path,
    root: &Path,
) -> anyhow::Result<()> {
    let broken = root.join("fuzz/artifacts").join(target);
    fs::create_dir_all(&broken)
        .with_context(|| format!("cannot make the folder {}", broken.display()))?;
    let status = Command::new("sh")
        .args(["-c", LIMIT])
        .arg(program)
        .args([
            &format!("-runs={runs}"),
            MAX_LEN,
            "-timeout=10",
            "-verbosity=0",
        ])
        .arg(format!("-artifact_prefix={}/", broken.display()))
        .arg("-print_final_stats=1")
        .arg(corpus)
        .arg(root.join("fuzz/seeds").join(target))
        .status()
        .with_context(|| format!("the target {target} cannot be started"))?;
    ensure!(
        status.success(),
        "{target}: an input breaks it; it lies in {}",
        broken.display()
    );
    println!("{target}: {runs} inputs, none breaks it");
    Ok(())
}

/// The triple that this compiler builds for.
fn host() -> anyhow::Result<String> {
    let output = Command::new("rustc").arg("-vV").output();
    let output = output.context("rustc cannot be started")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV names no host")?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_is_run() {
        let files = fs::read_dir(workspace::root().join("fuzz/fuzz_targets")).unwrap();
        let mut found: Vec<_> = files
            .map(|file| file.unwrap().path().file_stem().unwrap().to_owned())
            .collect();
        found.sort();
        let mut listed = TARGETS;
        listed.sort();
        assert_eq!(found, listed);
    }
}

//! `fuzz`: millions of inputs for everything that reads bytes which others wrote.
//!
//! The program that tries them is the package in `fuzz/`, which is optimised and yet keeps the checks of debug builds;
//! nothing else is built that way. It needs no other Rust than everything else does.

use anyhow::Context;

use crate::workspace::{self, call, cargo};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Given to the program: `[TARGET]... [--inputs N] [--seed S] [--replay FILE] [--list]`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    program: Vec<String>,
}

/// Builds the program and lets it try inputs.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let manifest = workspace::root().join("fuzz/Cargo.toml");
    let manifest = manifest
        .to_str()
        .context("the workspace's path is no UTF-8")?;
    let mut run = cargo(&["run", "--quiet", "--release", "--manifest-path", manifest]);
    run.arg("--target-dir")
        .arg(workspace::target().join("fuzz"))
        .arg("--")
        .args(&args.program);
    call(&mut run)
}

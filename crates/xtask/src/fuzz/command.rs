//! The command `cargo xtask fuzz`.

use std::path::PathBuf;

use anyhow::{Context, bail};

use super::build::build;
use super::target::Target;

/// Arguments of `cargo xtask fuzz`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Names of the targets [default: all]
    targets: Vec<String>,
    /// Inputs per target
    #[arg(long, default_value_t = 100_000)]
    inputs: u64,
    /// Seed of the inputs; a run also depends on the inputs that earlier runs kept in target/fuzz/corpus
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Run one target on the input in this file
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// List the targets and exit
    #[arg(long)]
    list: bool,
}

/// Builds the targets and runs them one after the other.
///
/// # Errors
/// After all targets have run: an input failed.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let targets = selected(&args.targets)?;
    if args.list {
        targets
            .iter()
            .for_each(|target| println!("{}", target.name));
        return Ok(());
    }
    if let Some(file) = &args.replay {
        let [target] = targets.as_slice() else {
            bail!("--replay needs the name of one target");
        };
        return target.replay(&build()?, file);
    }
    let program = build()?;
    let mut failed = Vec::new();
    for target in targets {
        if let Err(error) = target.run(&program, args.inputs, args.seed) {
            println!("{error:#}");
            failed.push(target.name);
        }
    }
    match failed.is_empty() {
        true => Ok(()),
        false => bail!("an input fails for {}", failed.join(", ")),
    }
}

/// Returns the targets with these names, or all targets.
fn selected(names: &[String]) -> anyhow::Result<Vec<Target>> {
    let all = Target::all()?;
    if names.is_empty() {
        return Ok(all);
    }
    let find = |name: &String| {
        let found = all.iter().find(|target| target.name == *name);
        let found = found.cloned();
        found.with_context(|| format!("there is no target {name}; --list prints all names"))
    };
    names.iter().map(find).collect()
}

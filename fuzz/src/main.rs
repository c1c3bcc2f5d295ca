//! Tries inputs on everything that reads bytes which others wrote: see `cargo xtask fuzz`.
//!
//! Each target runs in a process of its own, with a limit of memory, which says after each input how far it has got.
//! So it is known which input made it panic, abort, ask for too much memory, or never end.

mod child;
mod watch;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Parser;
use fuzzer::Target;

/// Tries inputs on everything that reads bytes which others wrote.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask fuzz")]
struct Args {
    /// What to try them on; everything if nothing is named.
    targets: Vec<String>,
    /// Inputs for each target.
    #[arg(long, default_value_t = 100_000)]
    inputs: u64,
    /// The same seed gives the same inputs.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Try this file, which an input was written to, on the one target that is named.
    #[arg(long, value_name = "FILE")]
    replay: Option<PathBuf>,
    /// Tell which targets there are.
    #[arg(long)]
    list: bool,
    /// Where inputs begin; for the processes that try them.
    #[arg(long, hide = true)]
    progress: Option<PathBuf>,
}

/// The folder of this package: corpora lie in it, and inputs that break something.
const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> anyhow::Result<()> {
    let targets = chosen(&args.targets)?;
    if args.list {
        targets.iter().for_each(|(name, _)| println!("{name}"));
        return Ok(());
    }
    if args.replay.is_some() || args.progress.is_some() {
        let [target] = targets[..] else {
            bail!("name the one target that the input is for");
        };
        return match &args.progress {
            Some(progress) => child::try_all(target, args.inputs, args.seed, progress),
            None => child::replay(target, args.replay.as_deref().unwrap_or("".as_ref())),
        };
    }
    let mut broken = Vec::new();
    for (name, _) in targets {
        if let Err(error) = watch::run(name, args.inputs, args.seed) {
            eprintln!("{error:#}");
            broken.push(name);
        }
    }
    match broken.is_empty() {
        true => Ok(()),
        false => bail!("an input breaks {}", broken.join(", ")),
    }
}

/// The targets of these names; all of them without any.
fn chosen(names: &[String]) -> anyhow::Result<Vec<Target>> {
    let crates = [
        mapreduce::fuzzing::TARGETS,
        store::fuzzing::TARGETS,
        runtime::fuzzing::TARGETS,
        streaming::fuzzing::TARGETS,
    ];
    let all: Vec<Target> = crates.concat();
    if names.is_empty() {
        return Ok(all);
    }
    let find = |name: &String| {
        let found = all.iter().copied().find(|(other, _)| other == name);
        found.with_context(|| format!("there is no target {name}; --list tells which there are"))
    };
    names.iter().map(find).collect()
}

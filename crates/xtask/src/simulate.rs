//! `simulate`: clusters in one thread under one seed each, by the program in `crates/simulation`.

use crate::workspace::{call, cargo};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Given to the simulation, such as `--seeds 10000`; `--help` lists all.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    simulation: Vec<String>,
}

/// Builds the simulation and runs it.
///
/// # Errors
/// It cannot be built, or a seed gave something that must never happen.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let mut simulation = cargo(&["run", "--quiet", "--release", "-p", "simulation", "--"]);
    call(simulation.args(&args.simulation))
}

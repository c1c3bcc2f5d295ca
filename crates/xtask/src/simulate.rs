//! The command `simulate`: runs the program of the package `simulation`.

use devtools::workspace::{call, cargo, package};

/// Arguments of `cargo xtask simulate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Arguments of the simulation, such as `--seeds 10000`; `--help` lists all
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    simulation: Vec<String>,
}

/// Builds and runs the simulation.
///
/// # Errors
/// The simulation cannot be built, or a seed violates an invariant.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let mut simulation = cargo(&["run", "--quiet", "--release"]);
    simulation.args(["--package", &package("simulation")?, "--"]);
    call(simulation.args(&args.simulation))
}

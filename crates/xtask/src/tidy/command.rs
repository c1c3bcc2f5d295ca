//! The command line of `cargo xtask tidy`.

use std::path::PathBuf;

use anyhow::ensure;

use super::workspace::Workspace;
use super::{cycles, edges, invariants, names, style};
use devtools::workspace::root;

/// The arguments of `cargo xtask tidy`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Root of the checkout to inspect; default: this workspace.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
}

/// Runs every rule and fails when one of them reports a problem.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let root = args.root.as_deref().unwrap_or_else(|| root());
    let workspace = Workspace::load(root)?;
    let rules = [
        ("modules that import each other", cycles::check(&workspace)?),
        ("module style", style::check_modules(&workspace)?),
        ("file length", style::check_lengths(&workspace)?),
        ("one name, one type", names::check(&workspace)?),
        ("dependencies between crates", edges::check(&workspace)),
        (
            "tests named by ARCHITECTURE.md",
            invariants::check(&workspace)?,
        ),
    ];
    let mut total = 0;
    for (rule, problems) in &rules {
        println!("{rule}: {} problems", problems.len());
        for problem in problems {
            println!("  {}", problem.replace('\n', "\n  "));
        }
        total += problems.len();
    }
    ensure!(total == 0, "tidy found {total} problems");
    Ok(())
}

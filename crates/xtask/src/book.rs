//! `book`: builds the documentation in docs/ as HTML.

use std::process::Command;

use anyhow::ensure;

use crate::workspace::{call, cargo, find_program, root, target};

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Serves the book on http://localhost:3000 and rebuilds it when a page changes.
    #[arg(long)]
    serve: bool,
}

/// Installs mdBook if it is missing, then builds the book into `target/book`.
///
/// # Errors
/// mdBook cannot be installed, or it cannot build the book.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    if find_program("mdbook").is_none() {
        println!("mdbook is missing; installing it with cargo");
        call(&mut cargo(&["install", "mdbook", "--locked"]))?;
        ensure!(
            find_program("mdbook").is_some(),
            "mdbook is installed but not in PATH; add the folder of cargo's programs, usually ~/.cargo/bin"
        );
    }
    let output = target().join("book");
    let action = if args.serve { "serve" } else { "build" };
    let mut mdbook = Command::new("mdbook");
    mdbook
        .arg(action)
        .arg(root().join("docs"))
        .arg("--dest-dir")
        .arg(&output);
    call(&mut mdbook)?;
    println!("wrote {}", output.join("index.html").display());
    Ok(())
}

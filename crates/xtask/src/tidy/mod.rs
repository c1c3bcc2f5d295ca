//! Conventions of the repository that neither rustc nor clippy checks: `cargo xtask tidy`.
//!
//! # Layout
//! - `command`: runs every rule and prints the problems.
//! - `workspace`, `package`: the packages and their source files.
//! - `tree`, `imports`, `mentions`: the modules of one crate and the paths that they mention.
//! - `resolve`, `cycles`: modules that import each other.
//! - `style`, `names`, `edges`, `invariants`: one rule each.

mod command;
mod cycles;
mod edges;
mod imports;
mod invariants;
mod mentions;
mod names;
mod package;
mod resolve;
mod style;
mod tree;
mod workspace;

#[cfg(test)]
mod tests;

pub(crate) use command::{Args, run};
pub(crate) use package::INTERNAL;

//! Code that the development commands share: `xtask`, `chaos` and `bench`.
//!
//! # Layout
//! - [`workspace`]: paths of the workspace, cargo, and running commands.
//! - [`packages`]: installing the system packages that tests need.
//! - [`random`]: random numbers under a seed.
//! - [`sample_data`]: the generator behind `cargo xtask gen-data`.
//! - [`table`]: tables in Markdown.
#![expect(
    clippy::print_stdout,
    reason = "the development commands report on standard output"
)]

pub mod packages;
pub mod random;
pub mod sample_data;
pub mod table;
pub mod workspace;

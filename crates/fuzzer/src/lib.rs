//! Runs fuzz targets in ordinary tests.
//!
//! A target is a check that must hold for any bytes. The tests of each crate run its targets on the files of their
//! corpora and on random edits of these. `cargo xtask fuzz` runs the same targets under libFuzzer, which is guided by
//! coverage and finds more.

mod corpus;
mod edit;
mod target;
mod tokens;

pub use corpus::Corpus;
pub use target::{Check, Target, try_all};

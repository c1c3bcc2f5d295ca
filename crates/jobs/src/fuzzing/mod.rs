//! Fuzz targets: properties that must hold for arbitrary bytes.
//!
//! `cargo xtask fuzz` runs each target on millions of inputs. The tests of this crate run each property on 500 inputs,
//! or on the number in the environment variable `FUZZ_CASES`. The first bytes of an input select sizes and options; the
//! rest is the text or the blob.

mod compressed;
mod csv;
mod ndjson;
mod pairs;
mod plans;
mod reading;
mod shuffle;
mod targets;
#[cfg(test)]
mod tests;
mod texts;

pub use compressed::compressed;
pub use csv::{csv, dialect, table};
pub use ndjson::ndjson;
pub use pairs::pairs;
pub use plans::{params, plan};
pub use shuffle::{blob, runs};
pub use targets::{TARGETS, Target};
pub use texts::texts;

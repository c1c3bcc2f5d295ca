//! What must hold for any bytes at all. `cargo xtask fuzz` tries it with millions of inputs, the tests of this crate
//! with some; `FUZZ_CASES` says how many.
//!
//! The first bytes of an input choose sizes, the rest is the text or the blob.

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
pub use csv::{csv, table};
pub use ndjson::ndjson;
pub use pairs::pairs;
pub use plans::{params, plan};
pub use shuffle::{blob, runs};
pub use targets::{TARGETS, Target};
pub use texts::texts;

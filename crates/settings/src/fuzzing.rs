//! Fuzz targets: properties of settings that hold for any bytes.
//!
//! `cargo xtask fuzz` checks them with millions of inputs, the test below with a few thousand.

pub use crate::settings::fuzzing::{settings, values};

/// A target: its name and the function that panics if the property is violated.
pub type Target = (&'static str, fn(&[u8]));

/// All targets. The name of a target is that of its folder in `fuzz/corpus`.
pub const TARGETS: &[Target] = &[("settings", settings), ("values", values)];

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn mutations_of_the_corpora_violate_no_property() {
        let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
        fuzzer::try_all(&corpora, super::TARGETS, 2_000, 1);
    }
}

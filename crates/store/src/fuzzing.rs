//! Fuzz targets: checks that must hold for any bytes that a store returns. `cargo xtask fuzz` runs them with millions
//! of inputs, the test below with some.

pub use crate::redis::fuzz_targets::{info, manifests, replies};

/// Name and check of a fuzz target.
pub type Target = (&'static str, fn(&[u8]));

/// All targets. The name of a target is also the name of its corpus folder in `fuzz/corpus`.
pub const TARGETS: &[Target] = &[
    ("manifests", manifests),
    ("replies", replies),
    ("info", info),
];

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn inputs_close_to_the_corpora_pass_all_targets() {
        let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
        fuzzer::try_all(&corpora, super::TARGETS, 20_000, 1);
    }
}

//! What must hold for any bytes in settings. `cargo xtask fuzz` tries it with millions of inputs, the test below with
//! some.

pub use crate::settings::fuzzing::{settings, values};

/// What must hold, and its name.
pub type Target = (&'static str, fn(&[u8]));

/// All of them by name, which is that of the folder of their corpus below `fuzz/corpus`.
pub const TARGETS: &[Target] = &[("settings", settings), ("values", values)];

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn no_input_near_the_corpora_breaks_anything() {
        let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
        fuzzer::try_all(&corpora, super::TARGETS, 2_000, 1);
    }
}

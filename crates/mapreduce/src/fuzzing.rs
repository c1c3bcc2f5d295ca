//! What must hold for any bytes at all. The targets in `fuzz/` try it with millions of inputs, the tests of this
//! crate with some; `FUZZ_CASES` says how many.
//!
//! The first bytes of an input choose sizes, the rest is the text or the blob.

mod csv;
mod shuffle;

pub use csv::csv;
pub use shuffle::{blob, runs};

#[cfg(test)]
mod tests {
    use std::env;
    use std::fs;
    use std::path::Path;

    use proptest::prelude::*;

    fn cases() -> ProptestConfig {
        let asked = env::var("FUZZ_CASES").ok();
        let asked = asked.map(|text| text.parse().expect("FUZZ_CASES is a number"));
        ProptestConfig::with_cases(asked.unwrap_or(500))
    }

    /// Every input of a corpus in `fuzz/`.
    fn corpus(target: &str, check: impl Fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds");
        let entries = fs::read_dir(folder.join(target)).unwrap();
        let inputs: Vec<_> = entries
            .map(|entry| fs::read(entry.unwrap().path()).unwrap())
            .collect();
        assert!(inputs.len() > 3);
        inputs.iter().for_each(|input| check(input));
    }

    #[test]
    fn the_corpora_hold() {
        corpus("csv", super::csv);
        corpus("blob", super::blob);
        corpus("runs", super::runs);
    }

    proptest! {
        #![proptest_config(cases())]

        #[test]
        fn csv_is_cut_between_records(setup: [u8; 4], soup in "[a,\"\r\n\u{e9}]{0,200}", noise: Vec<u8>) {
            super::csv(&[&setup, soup.as_bytes()].concat());
            super::csv(&[&setup, &noise[..]].concat());
        }

        #[test]
        fn no_bytes_break_what_reads_blobs(input in prop::collection::vec(any::<u8>(), 0..300)) {
            super::blob(&input);
        }

        #[test]
        fn records_come_back_from_runs(input in prop::collection::vec(prop_oneof![0u8..4, any::<u8>()], 0..400)) {
            super::runs(&input);
        }
    }
}

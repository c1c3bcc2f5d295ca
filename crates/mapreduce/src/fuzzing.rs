//! What must hold for any bytes at all. The targets in `fuzz/` try it with millions of inputs, the tests of this
//! crate with some; `FUZZ_CASES` says how many.
//!
//! The first bytes of an input choose sizes, the rest is the text or the blob.

mod csv;
mod ndjson;
mod pairs;
mod reading;
mod shuffle;

pub use csv::{csv, table};
pub use ndjson::ndjson;
pub use pairs::pairs;
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
        corpus("table", super::table);
        corpus("ndjson", super::ndjson);
        corpus("blob", super::blob);
        corpus("runs", super::runs);
        corpus("pairs", super::pairs);
    }

    proptest! {
        #![proptest_config(cases())]

        #[test]
        fn csv_is_cut_between_records(setup: [u8; 4], soup in "[a,\"\r\n\u{e9}]{0,200}", noise: Vec<u8>) {
            super::csv(&[&setup, soup.as_bytes()].concat());
            super::csv(&[&setup, &noise[..]].concat());
        }

        #[test]
        fn tables_are_cut_between_records(setup: [u8; 6], soup in "[a,;|\t\"\r\n\u{e9}]{0,200}", noise: Vec<u8>) {
            super::table(&[&setup, soup.as_bytes()].concat());
            super::table(&[&setup, &noise[..]].concat());
        }

        #[test]
        fn pointers_lead_to_the_same_in_lines_as_in_values(
            setup: [u8; 2], soup in "[a0,\\[\\]{}:\"\\\\u \r\n\u{e9}]{0,60}",
            lines in prop::collection::vec("(\\{\"[a0]\": ?|\\[|)(\\{\"[ab0]\":|\\[|)(\"[a\\\\n]\"|1.50|null|[a ])(\\}|\\])?(\\}|\\])?\r?\n", 0..8),
        ) {
            super::ndjson(&[&setup, soup.as_bytes()].concat());
            super::ndjson(&[&setup, lines.concat().as_bytes()].concat());
        }

        #[test]
        fn no_bytes_break_what_reads_blobs(input in prop::collection::vec(any::<u8>(), 0..300)) {
            super::blob(&input);
        }

        #[test]
        fn pairs_come_back_and_no_bytes_break_what_reads_them(
            input in prop::collection::vec(prop_oneof![0u8..4, any::<u8>()], 0..400),
        ) {
            super::pairs(&input);
        }

        #[test]
        fn records_come_back_from_runs(input in prop::collection::vec(prop_oneof![0u8..4, any::<u8>()], 0..400)) {
            super::runs(&input);
        }
    }
}

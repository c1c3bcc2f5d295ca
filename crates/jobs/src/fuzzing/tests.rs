//! Runs of the fuzz targets on mutations of their corpora.

use std::env;
use std::path::Path;

use proptest::prelude::*;

/// Number of inputs per target. All targets together take a few seconds.
const INPUTS: u64 = 2_000;

fn cases() -> ProptestConfig {
    let asked = env::var("FUZZ_CASES").ok();
    let asked = asked.map(|text| text.parse().expect("FUZZ_CASES is a number"));
    ProptestConfig::with_cases(asked.unwrap_or(500))
}

#[test]
fn mutated_inputs_of_the_corpora_never_fail() {
    let corpora = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    fuzzer::try_all(&corpora, super::TARGETS, INPUTS, 1);
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
    fn tables_in_any_dialect_are_cut_between_records(
        setup: [u8; 6], soup in "[aN,;|\t\"'#\\\\\r\n\u{e9}]{0,200}", noise: Vec<u8>,
    ) {
        super::dialect(&[&setup, soup.as_bytes()].concat());
        super::dialect(&[&setup, &noise[..]].concat());
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
    fn reading_blobs_of_arbitrary_bytes_never_panics(input in prop::collection::vec(any::<u8>(), 0..300)) {
        super::blob(&input);
    }

    #[test]
    fn pairs_are_read_back_and_arbitrary_bytes_never_panic(
        input in prop::collection::vec(prop_oneof![0u8..4, any::<u8>()], 0..400),
    ) {
        super::pairs(&input);
    }

    #[test]
    fn records_are_read_back_from_runs(input in prop::collection::vec(prop_oneof![0u8..4, any::<u8>()], 0..400)) {
        super::runs(&input);
    }
}

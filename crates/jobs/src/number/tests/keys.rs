use proptest::prelude::*;

use super::oracle::units;
use crate::number::{NumberFormat, put_order};

fn key(text: &str) -> Vec<u8> {
    let mut key = Vec::new();
    put_order(text.as_bytes(), &NumberFormat::default(), &mut key);
    key
}

#[test]
fn equal_numbers_have_equal_keys() {
    for text in [
        "1.0",
        "1e0",
        "01",
        "+1",
        " 1\t",
        "10e-1",
        "0.001e3",
        "1.",
        "1.000000000000000000000000000000000",
    ] {
        assert_eq!(key(text), key("1"), "{text}");
    }
    for text in ["-0", "0.00", ".0", "0e99", "-0e-99"] {
        assert_eq!(key(text), key("0"), "{text}");
    }
    for text in ["", "-", "nan", "inf", "1a", "1.2.3", "é"] {
        assert_eq!(key(text), key("x"), "{text}");
    }
}

#[test]
fn keys_sort_by_size() {
    let ascending = [
        "x",
        "-1e500",
        "-1e121",
        "-1e120",
        "-123456789012345678901234567891",
        "-123456789012345678901234567890",
        "-10",
        "-9",
        "-1.01",
        "-1.001",
        "-1",
        "-0.9",
        "-1e-119",
        "-1e-500",
        "0",
        "1e-999999",
        "1e-500",
        "1e-122",
        "1e-121",
        "1e-120",
        "0.5",
        "1",
        "1.0000000000000000000000000000000000000000000000000000000000000000000000000001",
        "1.01",
        "9",
        "10",
        "89014103211118510720",
        "89014103211118510721",
        "89014103211118510722",
        "123456789012345678901234567890",
        "123456789012345678901234567891",
        "1e119",
        "1e120",
        "1e121",
        "1e500",
        "1e99999999",
    ];
    for pair in ascending.windows(2) {
        assert!(key(pair[0]) < key(pair[1]), "{pair:?}");
    }
}

/// Numbers, many of which are equal or differ in one digit.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        "[+-]?[019]{1,4}(\\.[019]{0,3})?(e-?[0-3])?",
        "[+-]?[0-9]{1,60}(\\.[0-9]{0,40})?(e-?[0-9]{1,3})?",
        "[+-]?1{30,90}[0-9](\\.0{0,4}1?)?",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn keys_sort_like_exact_values(one in number(), other in number()) {
        let order = units(&one).cmp(&units(&other));
        prop_assert_eq!(key(&one).cmp(&key(&other)), order);
        // Also with keys behind them, in either direction.
        let (long_one, long_other) = ([key(&one), vec![0xff]].concat(), [key(&other), vec![0]].concat());
        if order.is_ne() {
            prop_assert_eq!(long_one.cmp(&long_other), order);
            let inverted = |key: Vec<u8>| key.iter().map(|byte| !byte).collect::<Vec<_>>();
            prop_assert_eq!(inverted(long_one).cmp(&inverted(long_other)), order.reverse());
        }
        prop_assert!(key(&one) > key("x"));
    }
}

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::job::job;
use crate::tests::{stable_rows, trial};

#[test]
fn buckets_sort_by_size_and_contain_their_lower_bounds() {
    let text = "9\n10\n-1\n-10\n-11\n0\n19.99\n\nx\n1e30\n";
    let trial = trial(job()).input("n.txt", text).param("width", 10);
    assert_eq!(stable_rows(&trial), ["-20 1", "-10 2", "0 2", "10 2"]);
    let counters = trial.run().unwrap().counters;
    assert_eq!(counters["histogram:not_a_number"], 1);
    assert_eq!(counters["histogram:out_of_range"], 1);
}

#[test]
fn decimal_widths_are_exact() {
    let table = "name,price\na,0.3\nb,0.7\nc,0.29999\nd,-0.05\ne,1e-40\n";
    let trial = trial(job()).input("n.csv", table);
    let trial = trial.param("column", "price").param("width", "0.1");
    assert_eq!(
        stable_rows(&trial),
        ["-0.1 1", "0.0 1", "0.2 1", "0.3 1", "0.7 1"]
    );
}

#[test]
fn equal_numbers_have_the_same_bucket_in_every_notation() {
    let text =
        "3e-1\n0.3\n.3\n+0.30000000000000000000001\n30E-2\n0.3000000000000000000000\n0.0003e3\n";
    let trial = trial(job()).input("n.txt", text).param("width", "0.1");
    assert_eq!(stable_rows(&trial), ["0.3 7"]);
    let text = "0.2999999999999999999999999\n-1e-30\n-0\n1e-400\n7e-1\n1e17\n-3e-1\n-0.30000000000000000001\n";
    let trial = trial.input("m.txt", text).param("width", "1e-1");
    let expected = [
        "-0.4 1",
        "-0.3 1",
        "-0.1 1",
        "0.0 2",
        "0.2 1",
        "0.3 7",
        "0.7 1",
        "100000000000000000.0 1",
    ];
    assert_eq!(stable_rows(&trial), expected);
}

#[test]
fn subnormal_powers_of_two_have_distinct_keys() {
    let powers = [-1074, -1073, -1050, -1023, -1022, -1021, -150, 128, 900];
    let number = |power: i32| match power {
        ..-1022 => f64::from_bits(1 << (power + 1074)),
        _ => 2f64.powi(power),
    };
    let text: String = powers
        .iter()
        .map(|power| format!("{:e}\n", number(*power) * 1.5))
        .collect();
    // The least number times 1.5 rounds to its double, so the number itself is used.
    let text = text.replacen("1e-323", "5e-324", 1);
    let trial = trial(job()).input("n.txt", text).param("log2", true);
    let expected: Vec<_> = powers
        .iter()
        .map(|power| format!("{} 1", number(*power)))
        .collect();
    assert_eq!(stable_rows(&trial), expected);
}

#[test]
fn powers_of_two_bound_positive_and_negative_buckets() {
    let text = "0\n1\n1.9\n2\n-3\n-0.3\n0.5\n9223372036854775807\n9223372036854775808\n";
    let trial = trial(job()).input("n.txt", text).param("log2", true);
    let expected = [
        "-2 1",
        "-0.25 1",
        "0 1",
        "0.5 1",
        "1 2",
        "2 1",
        "4611686018427387904 1",
        "9223372036854775808 1",
    ];
    assert_eq!(stable_rows(&trial), expected);
}

#[test]
fn buckets_of_long_numbers_are_exact() {
    let text = "18446744073709551619\n-18446744073709551611\n1000000000000000000000.5\n\
                99999999999999999999999999999999999999\n";
    let trial = trial(job()).input("n.txt", text).param("width", 10);
    assert_eq!(
        stable_rows(&trial),
        ["-18446744073709551620 1", "18446744073709551610 1"]
    );
    let counters = trial.run().unwrap().counters;
    assert_eq!(counters["histogram:out_of_range"], 2);
    // The numbers times 10^18 exceed 128 bits.
    let trial = trial.param("width", "100000000000000000.000000000000000001");
    assert_eq!(
        stable_rows(&trial)[..2],
        [
            "-18500000000000000000.000000000000000185 1",
            "18400000000000000000.000000000000000184 1"
        ]
    );
}

#[test]
fn powers_of_two_of_decimals_are_not_rounded_up() {
    let text = "0.99999999999999999999\n-1.9999999999999999999\n9223372036854775807.9\n\
                0.125\n0.12499999999999999999999\n170141183460469231731687303715884105727\n";
    let trial = trial(job()).input("n.txt", text).param("log2", true);
    let expected = [
        "-1 1",
        "0.0625 1",
        "0.125 1",
        "0.5 1",
        "4611686018427387904 1",
        "85070591730234615865843651857942052864 1",
    ];
    assert_eq!(stable_rows(&trial), expected);
}

#[test]
fn separators_of_numbers_can_be_set() {
    let trial = trial(job()).input(
        "n.txt",
        "1.234,56\n1.23\n0,1\n12.345.678.901.234.567.890,5\n",
    );
    let trial = trial
        .param("decimal", ",")
        .param("thousands", ".")
        .param("width", "0.1");
    assert_eq!(stable_rows(&trial), ["0.1 1", "1234.5 1"]);
    let counters = trial.run().unwrap().counters;
    assert_eq!(counters["histogram:not_a_number"], 1);
    assert_eq!(counters["histogram:out_of_range"], 1);
}

#[test]
fn an_invalid_width_is_rejected() {
    for width in ["0", "-1", "x", "nan"] {
        let error = trial(job()).param("width", width).run().unwrap_err();
        assert!(error.to_string().contains("width"), "{error}");
    }
}

proptest! {
    #[test]
    fn buckets_of_integers_equal_those_of_integer_division(
        numbers in prop::collection::vec(any::<i64>(), 1..50), width in 1i64..1 << 59,
    ) {
        let mut expected = BTreeMap::new();
        for number in &numbers {
            let bound = i128::from(number.div_euclid(width)) * i128::from(width);
            *expected.entry(bound).or_insert(0) += 1;
        }
        let text: String = numbers.iter().map(|number| format!("{number}\n")).collect();
        let trial = trial(job()).input("n.txt", text).param("width", width);
        let expected: Vec<_> = expected.iter().map(|(k, v)| format!("{k} {v}")).collect();
        prop_assert_eq!(stable_rows(&trial), expected);
    }
}

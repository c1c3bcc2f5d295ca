use num_bigint::BigInt;
use proptest::prelude::*;

use super::oracle::{PLACES, float_units, nearest, read, units, written};
use crate::number::{Number, Sum};

fn sum<'a>(cells: impl IntoIterator<Item = &'a str>) -> Sum {
    let mut sum = Sum::default();
    cells.into_iter().for_each(|cell| sum.add(read(cell)));
    sum
}

fn text(sum: &Sum) -> String {
    let mut text = Vec::new();
    sum.write(&mut text);
    String::from_utf8(text).unwrap()
}

#[test]
fn sums_of_decimals_are_exact() {
    for (cells, expected) in [
        ("", "0"),
        ("0.0", "0.0"),
        ("4.50 4.5", "9.00"),
        ("1.5 -1.5", "0.0"),
        ("0.1 0.2", "0.3"),
        ("-0.05 0.01", "-0.04"),
        (
            "9223372036854775807 9223372036854775807",
            "18446744073709551614",
        ),
        ("18446744073709551615 1", "18446744073709551616"),
        ("100000000000000000001 2", "100000000000000000003"),
        (
            "99999999999999999999999999999999999999 1e38 1e38",
            "299999999999999999999999999999999999999",
        ),
        (
            "1e38 1e-38",
            "100000000000000000000000000000000000000.00000000000000000000000000000000000001",
        ),
        (
            "-1e38 1e-38 1e38",
            "0.00000000000000000000000000000000000001",
        ),
    ] {
        assert_eq!(text(&sum(cells.split_whitespace())), expected, "{cells}");
    }
}

#[test]
fn sums_with_floats_are_rounded_once() {
    for (cells, expected) in [
        ("1.7e300", "1.7e+300"),
        ("1e100 1 -1e100", "1.0"),
        ("1e100 0.25 -1e100 1e-38", "0.25"),
        ("1.7e308 1.7e308 -1.7e308", "1.7e+308"),
        ("-5e-324 5e-324", "0.0"),
        ("5e-324 5e-324", "1e-323"),
        // Halfway between two floats, except for a very small part.
        ("9007199254740993 1e-300", "9007199254740994.0"),
        ("9007199254740993 -1e-300", "9007199254740992.0"),
    ] {
        assert_eq!(text(&sum(cells.split_whitespace())), expected, "{cells}");
    }
}

#[test]
fn a_sum_beyond_the_range_of_floats_is_written_in_digits() {
    let greatest = format!("{:.0}", f64::MAX);
    let (cell, negative) = ("1.7976931348623157e308", "-1.7976931348623157e308");
    let twice: BigInt = greatest.parse::<BigInt>().unwrap() * 2;
    assert_eq!(text(&sum([cell, cell])), twice.to_string());
    assert_eq!(text(&sum([negative, negative])), format!("-{twice}"));
    assert_eq!(sum([cell, cell]).mean(2), Some(f64::MAX));
}

#[test]
fn means_are_rounded_once() {
    assert_eq!(sum([]).mean(0), None);
    assert_eq!(sum(["1", "2"]).mean(2), Some(1.5));
    assert_eq!(sum(["0.1", "0.2", "0.3"]).mean(3), Some(0.2));
    // Rounding the sum before the division would give 3002399751580330.5.
    assert_eq!(
        sum(["9007199254740992", "1", "0"]).mean(3),
        Some(3002399751580331.0)
    );
    let mean = sum(["-5e-324", "0", "0"]).mean(3).unwrap();
    assert!(mean == 0.0 && mean.is_sign_positive());
}

#[test]
fn corrupt_bytes_are_not_decoded() {
    let mut bytes = Vec::new();
    sum(["1e38", "1e-38", "1e300"]).put(&mut bytes);
    for len in 0..bytes.len() {
        assert!(Sum::take(&mut &bytes[..len]).is_none(), "{len}");
    }
    for first in [39, 0x40 | 63, 0x80] {
        bytes[0] = first;
        assert!(Sum::take(&mut &bytes[..]).is_none(), "{first}");
    }
}

/// Cells, with their exact values. Those of floats do not fit a decimal number.
fn cell() -> impl Strategy<Value = (String, BigInt, Option<u8>)> {
    let coefficient = prop_oneof![
        -(10i128.pow(38))..10i128.pow(38),
        -1000i128..1000,
        any::<i64>().prop_map(i128::from),
    ];
    let decimal = (coefficient, prop_oneof![Just(0u8), Just(2), 0u8..=38]).prop_map(
        |(coefficient, scale)| {
            let number = Number::Decimal(crate::number::Decimal::new(coefficient, scale));
            let text = written(&number);
            let units = units(&text);
            (text, units, Some(scale))
        },
    );
    let float = (
        0.1f64..1.0,
        prop_oneof![-323i32..-60, 50..309],
        any::<bool>(),
    )
        .prop_map(|(x, e, minus)| {
            let float = format!("{}{x}e{e}", if minus { "-" } else { "" });
            let value = float_units(float.parse().unwrap());
            (float, value, None)
        });
    prop_oneof![6 => decimal, 1 => float]
}

/// Returns the text of a sum, by simple arithmetic.
fn expected(cells: &[(String, BigInt, Option<u8>)]) -> String {
    let total: BigInt = cells.iter().map(|(_, units, _)| units).sum();
    if cells.iter().any(|(.., scale)| scale.is_none()) {
        let float = nearest(&total, 1);
        if float.is_finite() {
            return serde_json::to_string(&float).unwrap();
        }
        let unit = BigInt::from(10).pow(PLACES as u32);
        let sign = if total < BigInt::ZERO { -1 } else { 1 };
        let integer: BigInt = (total * 2 + &unit * sign) / (unit * 2);
        return integer.to_string();
    }
    let scale = cells
        .iter()
        .filter_map(|(.., scale)| *scale)
        .max()
        .unwrap_or(0);
    let digits = total / BigInt::from(10).pow(PLACES as u32 - u32::from(scale));
    let sign = if digits < BigInt::ZERO { "-" } else { "" };
    let digits = format!(
        "{:0>1$}",
        digits.magnitude().to_string(),
        usize::from(scale) + 1
    );
    let (whole, fraction) = digits.split_at(digits.len() - usize::from(scale));
    let point = if scale > 0 { "." } else { "" };
    format!("{sign}{whole}{point}{fraction}")
}

proptest! {
    #[test]
    fn sums_and_means_equal_those_of_simple_arithmetic(
        cells in prop::collection::vec(cell(), 1..30),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        order in any::<u64>(),
    ) {
        let text_of = expected(&cells);
        let count = cells.len() as u64;
        let total: BigInt = cells.iter().map(|(_, units, _)| units).sum();
        let mean = nearest(&total, count);

        let mut parts = vec![Sum::default(); cuts.len() + 1];
        let mut cells = cells;
        let shift = order as usize % cells.len();
        cells.rotate_left(shift);
        for (nth, (cell, ..)) in cells.iter().enumerate() {
            let part = cuts.iter().filter(|cut| cut.index(cells.len()) <= nth).count();
            parts[part].add(read(cell));
        }
        let mut whole = Sum::default();
        for part in parts {
            let mut bytes = Vec::new();
            part.put(&mut bytes);
            bytes.push(7);
            let rest = &mut &bytes[..];
            whole.merge(&Sum::take(rest).unwrap());
            prop_assert_eq!(*rest, &[7]);
        }
        prop_assert_eq!(text(&whole), text_of);
        prop_assert_eq!(whole.mean(count), Some(mean));
    }

    #[test]
    fn any_bytes_can_be_decoded(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        if let Some(sum) = Sum::take(&mut &bytes[..]) {
            text(&sum);
            sum.mean(3);
        }
    }
}

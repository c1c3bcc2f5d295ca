use proptest::prelude::*;

use super::oracle::{float_units, read, units, written};
use crate::number::{Decimal, Number};

#[test]
fn a_cell_keeps_its_digits_and_decimal_places() {
    for (cell, text) in [
        ("7", "7"),
        (" -7\t", "-7"),
        ("+007", "7"),
        ("4.50", "4.50"),
        (".5", "0.5"),
        ("5.", "5"),
        ("-0", "0"),
        ("-0.00", "0.00"),
        ("1.5e3", "1500"),
        ("1.50E+1", "15.0"),
        ("1e-5", "0.00001"),
        ("0e-500", "0"),
        ("0e500", "0"),
        ("18446744073709551615", "18446744073709551615"),
        ("-9223372036854775809", "-9223372036854775809"),
        (
            "99999999999999999999999999999999999999",
            "99999999999999999999999999999999999999",
        ),
        (
            "0.00000000000000000000000000000000000001",
            "0.00000000000000000000000000000000000001",
        ),
        (
            "-170141183460469231731687303715884105728",
            "-170141183460469231731687303715884105728",
        ),
        // The zeros at the end do not fit.
        ("1.00000000000000000000000000000000000000000", "1"),
        ("12e37", "120000000000000000000000000000000000000"),
    ] {
        assert_eq!(written(&read(cell)), text, "{cell}");
        assert!(matches!(read(cell), Number::Decimal(_)), "{cell}");
    }
}

#[test]
fn numbers_that_do_not_fit_are_the_nearest_float() {
    for (cell, float) in [
        ("1.7e300", 1.7e300),
        ("1e39", 1e39),
        ("1e-39", 1e-39),
        ("-1e-400", 0.0),
        ("170141183460469231731687303715884105728", 2f64.powi(127)),
        ("0.1000000000000000000000000000000000000000001", 0.1),
        ("1.7976931348623157e308", f64::MAX),
    ] {
        assert_eq!(read(cell), Number::Float(float), "{cell}");
    }
    assert_eq!(written(&read("1.7e300")), "1.7e+300");
}

#[test]
fn only_decimal_cells_are_numbers() {
    for invalid in [
        "",
        " ",
        "nan",
        "inf",
        "-infinity",
        "1,5",
        "12a",
        "1e400",
        "-1e400",
        "\u{663}",
        ".",
        "-",
        "+-1",
        "--1",
        "e5",
        "1e",
        "1e+",
        "1.2.3",
        "1 2",
        "0x10",
        "1_000",
        "1e5.0",
        "1\u{a0}",
        "99999999999999999999999999999x",
    ] {
        assert_eq!(Number::read(invalid.as_bytes()), None, "{invalid}");
    }
    assert_eq!(Number::read(b"1\xff"), None);
}

#[test]
fn equal_numbers_are_ordered_by_their_decimal_places() {
    let ascending = [
        "-1e39", "-4.51", "-4.5", "-4.50", "0", "0.0", "-1e-400", "4.5", "4.50", "1e38", "1e39",
        "1.7e300",
    ];
    for (nth, one) in ascending.iter().enumerate() {
        for (other_nth, other) in ascending.iter().enumerate() {
            assert_eq!(
                read(one).order(&read(other)),
                nth.cmp(&other_nth),
                "{one} {other}"
            );
        }
    }
}

#[test]
fn decimals_and_floats_are_compared_exactly() {
    // The float nearest to 2^53 + 0.1 is 2^53.
    let float = Number::Float(2f64.powi(53));
    assert!(read("9007199254740992.1").order(&float).is_gt());
    assert!(read("9007199254740991.9").order(&float).is_lt());
    assert!(read("9007199254740992").order(&float).is_lt());
    assert!(read("0.1").order(&Number::Float(0.1)).is_lt());
    assert!(read("-0.1").order(&Number::Float(-0.1)).is_gt());
    // The nearest float to 0.3 is less than 0.3.
    assert!(read("0.3").order(&Number::Float(0.3)).is_gt());
}

#[test]
fn corrupt_bytes_are_not_decoded() {
    for bytes in [
        &[][..],
        &[0],
        &[0, 1],
        &[39, 0],
        &[0, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &[255, 1, 2],
        &[255, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0],
    ] {
        assert_eq!(Number::take(&mut &bytes[..]), None, "{bytes:?}");
    }
}

fn decimal() -> impl Strategy<Value = Decimal> {
    let coefficient = prop_oneof![
        any::<i128>(),
        (-300i128..300),
        any::<i64>().prop_map(i128::from)
    ];
    (coefficient, 0u8..=38).prop_map(|(coefficient, scale)| Decimal::new(coefficient, scale))
}

fn number() -> impl Strategy<Value = Number> {
    let float = (-1f64..1.0, -300i32..300).prop_map(|(x, e)| x * 10f64.powi(e) + 0.0);
    // Floats near decimal numbers.
    let near = decimal().prop_map(Decimal::to_f64);
    prop_oneof![
        2 => decimal().prop_map(Number::Decimal),
        1 => prop_oneof![float, near].prop_map(Number::Float),
    ]
}

fn value(number: &Number) -> num_bigint::BigInt {
    match number {
        Number::Decimal(_) => units(&written(number)),
        Number::Float(float) => float_units(*float),
    }
}

proptest! {
    #[test]
    fn the_order_is_that_of_the_exact_values(one in number(), other in number()) {
        let by_size = value(&one).cmp(&value(&other));
        prop_assert_eq!(one.order(&other).is_lt(), other.order(&one).is_gt());
        prop_assert_eq!(one.order(&other).is_eq(), one == other);
        if by_size.is_ne() {
            prop_assert_eq!(one.order(&other), by_size);
        }
    }

    #[test]
    fn text_and_bytes_can_be_read_again(number in number()) {
        if let Number::Decimal(_) = number {
            prop_assert_eq!(read(&written(&number)), number);
        }
        let mut bytes = Vec::new();
        number.put(&mut bytes);
        bytes.push(7);
        let rest = &mut &bytes[..];
        prop_assert_eq!(Number::take(rest), Some(number));
        prop_assert_eq!(*rest, &[7]);
    }

    #[test]
    fn texts_of_all_lengths_have_their_exact_or_nearest_value(
        text in "[+-]?[0-9]{1,45}(\\.[0-9]{0,45})?(e-?[0-9]{1,2})?",
    ) {
        match read(&text) {
            Number::Decimal(decimal) => prop_assert_eq!(units(&written(&Number::Decimal(decimal))), units(&text)),
            Number::Float(float) => prop_assert_eq!(float, text.parse::<f64>().unwrap()),
        }
    }

    #[test]
    fn the_nearest_float_of_a_decimal_is_that_of_its_text(decimal in decimal()) {
        let text = written(&Number::Decimal(decimal));
        prop_assert_eq!(decimal.to_f64(), text.parse::<f64>().unwrap());
    }
}

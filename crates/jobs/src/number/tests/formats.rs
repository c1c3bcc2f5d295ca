use proptest::prelude::*;

use super::oracle::written;
use crate::number::{DecimalSeparator, NumberFormat, ThousandsSeparator, put_order};

fn format(decimal: &str, thousands: &str) -> NumberFormat {
    let decimal = DecimalSeparator::try_from(decimal.to_owned()).unwrap();
    let thousands = (!thousands.is_empty())
        .then(|| ThousandsSeparator::try_from(thousands.to_owned()).unwrap());
    NumberFormat::new(decimal, thousands).unwrap()
}

fn text(format: NumberFormat, cell: &str) -> Option<String> {
    format.read(cell.as_bytes()).as_ref().map(written)
}

#[test]
fn separators_are_replaced() {
    for (decimal, thousands, cell, expected) in [
        (",", ".", "1.234,56", "1234.56"),
        (",", ".", "-1.234.567", "-1234567"),
        (",", ".", "1234,50", "1234.50"),
        (",", ".", ",5", "0.5"),
        (",", "", "1,5e3", "1500"),
        (".", ",", " +12,345.6 ", "12345.6"),
        (".", "'", "1'234.5", "1234.5"),
        (".", "\u{2019}", "1\u{2019}234", "1234"),
        (",", "space", "1 234 567,8", "1234567.8"),
        (",", " ", "1\u{a0}234\u{202f}567,8", "1234567.8"),
        (",", "\u{202f}", "1\u{202f}234", "1234"),
        (".", ",", "1,234e2", "123400"),
        ("\u{66b}", "", "1\u{66b}5", "1.5"),
    ] {
        let format = format(decimal, thousands);
        assert_eq!(text(format, cell).as_deref(), Some(expected), "{cell}");
        let (mut key, mut plain) = (Vec::new(), Vec::new());
        put_order(cell.as_bytes(), &format, &mut key);
        put_order(expected.as_bytes(), &NumberFormat::default(), &mut plain);
        assert_eq!(key, plain, "{cell}");
    }
}

#[test]
fn a_cell_that_breaks_the_grouping_is_not_a_number() {
    let german = format(",", ".");
    for cell in [
        "1.5",
        "1.23",
        "1.2345",
        "12345.678",
        "1234.567",
        ".123",
        "1..234",
        "1.234.",
        "1,234.567",
        "1,2,3",
        "1,",
        "0.125",
        "1.234e1.000",
        "",
        "-",
        ",",
        "1 234",
        "x",
        "1,5\u{e9}",
    ] {
        let expected = (cell == "1,").then_some("1".to_owned());
        assert_eq!(text(german, cell), expected, "{cell}");
    }
    assert_eq!(text(format(",", ""), "1.5"), None);
    assert_eq!(text(format(".", "space"), "1 23"), None);
    assert_eq!(text(NumberFormat::default(), "1,234"), None);
}

#[test]
fn invalid_separators_are_rejected() {
    for invalid in ["", "1", "e", "-", "+", "ab", "\n"] {
        assert!(
            DecimalSeparator::try_from(invalid.to_owned()).is_err(),
            "{invalid:?}"
        );
        assert!(
            ThousandsSeparator::try_from(invalid.to_owned()).is_err(),
            "{invalid:?}"
        );
    }
    assert!(DecimalSeparator::try_from(" ".to_owned()).is_err());
    let comma = ThousandsSeparator::try_from(",".to_owned()).unwrap();
    let error = NumberFormat::new(
        DecimalSeparator::try_from(",".to_owned()).unwrap(),
        Some(comma),
    );
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("decimal and thousands")
    );
}

proptest! {
    #[test]
    fn grouped_numbers_have_the_value_of_plain_ones(number: i64, fraction in 0u32..1000) {
        let digits = number.unsigned_abs().to_string();
        let mut grouped = String::new();
        for (nth, digit) in digits.chars().enumerate() {
            if nth > 0 && (digits.len() - nth) % 3 == 0 {
                grouped.push('.');
            }
            grouped.push(digit);
        }
        let sign = if number < 0 { "-" } else { "" };
        let plain = format!("{number}.{fraction:03}");
        prop_assert_eq!(text(format(",", "."), &format!("{sign}{grouped},{fraction:03}")), Some(plain));
    }
}

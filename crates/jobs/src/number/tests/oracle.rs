//! Slow and simple arithmetic to compare with.

use num_bigint::BigInt;

use crate::number::Number;

/// Numbers are multiples of 10^-PLACES.
pub(super) const PLACES: usize = 1200;

/// Returns the exact value of a number in decimal notation, in units of 10^-PLACES.
pub(super) fn units(text: &str) -> BigInt {
    let text = text.trim_start_matches('+').to_lowercase();
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: BigInt = format!("{whole}{fraction}").parse().unwrap();
    let exponent: i64 = exponent.parse().unwrap();
    let zeros = PLACES as i64 + exponent - fraction.len() as i64;
    digits * BigInt::from(10).pow(u32::try_from(zeros).unwrap())
}

/// Returns the exact value of a float, in units of 10^-PLACES.
pub(super) fn float_units(float: f64) -> BigInt {
    units(&format!("{float:.PLACES$}"))
}

/// Returns the float nearest to `units / divisor`. The standard library rounds texts of any length correctly.
pub(super) fn nearest(units: &BigInt, divisor: u64) -> f64 {
    let scaled = units * BigInt::from(10).pow(40);
    let quotient = &scaled / divisor;
    // A digit that is not 0 stands for all that follow.
    let last = u8::from(&quotient * divisor != scaled);
    format!("{quotient}{last}e-{}", PLACES + 41)
        .parse::<f64>()
        .unwrap()
        + 0.0
}

pub(super) fn read(text: &str) -> Number {
    Number::read(text.as_bytes()).unwrap_or_else(|| panic!("{text} is not a number"))
}

pub(super) fn written(number: &Number) -> String {
    let mut text = Vec::new();
    number.write(&mut text);
    String::from_utf8(text).unwrap()
}

//! Exact decimal numbers.

use num_bigint::BigInt;

use crate::number;

/// Greatest number of decimal places, and of digits before the point.
pub(super) const MAX_PLACES: u32 = 18;

/// Exact decimal number: `digits / 10^places`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Decimal {
    digits: i128,
    places: u32,
}

impl From<i64> for Decimal {
    fn from(digits: i64) -> Self {
        Self {
            digits: i128::from(digits),
            places: 0,
        }
    }
}

impl Decimal {
    /// Parses `text`. Returns `None` if it is not a number or has too many digits.
    pub(super) fn exact(text: &str) -> Option<Self> {
        let (number, is_exact) = Self::floored(text)?;
        is_exact.then_some(number)
    }

    /// Parses `text`, which may have an exponent, and rounds down to [`MAX_PLACES`] decimal places. Returns the number,
    /// and true if it is exact. Returns `None` if `text` is not a number or has too many digits before the point.
    pub(super) fn floored(text: &str) -> Option<(Self, bool)> {
        let (is_negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (text, exponent) = match text.split_once(['e', 'E']) {
            Some((text, exponent)) => (text, i64::from(exponent.parse::<i32>().ok()?)),
            None => (text, 0),
        };
        let (before, after) = text.split_once('.').unwrap_or((text, ""));
        let all = format!("{before}{after}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = all.trim_start_matches('0');
        // Number of digits before the point. A negative number counts the zeros between the point and the first digit.
        let point = before.len() as i64 + exponent - (all.len() - digits.len()) as i64;
        if point > i64::from(MAX_PLACES) && !digits.is_empty() {
            return None;
        }
        let places = (digits.len() as i64 - point).clamp(0, i64::from(MAX_PLACES));
        let kept = (point + places).max(0) as usize;
        let (kept_digits, cut) = digits.split_at(kept.min(digits.len()));
        let is_exact = cut.bytes().all(|byte| byte == b'0');
        let size: i128 = match digits.is_empty() {
            true => 0,
            false => format!("0{kept_digits:0<kept$}").parse().ok()?,
        };
        let digits = match is_negative {
            true => -size - i128::from(!is_exact),
            false => size,
        };
        let places = places as u32;
        Some((Self { digits, places }, is_exact))
    }

    /// Returns the quotient rounded down, or `None` if it exceeds 64 bits.
    pub(super) fn divided_by(self, width: Self) -> Option<i64> {
        width.bucket(number::Decimal::new(self.digits, self.places as u8))
    }

    /// Returns the bucket of `number` if the buckets have the width `self`. Returns `None` if it exceeds 64 bits.
    pub(super) fn bucket(self, number: number::Decimal) -> Option<i64> {
        let (coefficient, scale) = (number.coefficient(), u32::from(number.scale()));
        let places = self.places;
        let shared = scale.min(places);
        let (up, down) = (10i128.pow(places - shared), 10i128.pow(scale - shared));
        let fits = coefficient
            .checked_mul(up)
            .zip(self.digits.checked_mul(down));
        if let Some((dividend, divisor)) = fits {
            return i64::try_from(dividend.div_euclid(divisor)).ok();
        }
        let dividend = BigInt::from(coefficient) * up;
        let divisor = BigInt::from(self.digits) * down;
        let quotient = &dividend / &divisor;
        // Division rounds towards 0.
        let is_above = &quotient * divisor > dividend;
        i64::try_from(quotient - i32::from(is_above)).ok()
    }

    /// Returns `self * n` as text with the same number of decimal places.
    pub(super) fn times(self, n: i64) -> String {
        let places = self.places as usize;
        let Some(digits) = self.digits.checked_mul(i128::from(n)) else {
            return (self.to_f64() * n as f64).to_string();
        };
        if places == 0 {
            return digits.to_string();
        }
        let sign = if digits < 0 { "-" } else { "" };
        let text = format!("{:0>width$}", digits.unsigned_abs(), width = places + 1);
        let (before, after) = text.split_at(text.len() - places);
        format!("{sign}{before}.{after}")
    }

    pub(super) fn is_positive(self) -> bool {
        self.digits > 0
    }

    /// Returns the nearest `f64`.
    pub(super) fn to_f64(self) -> f64 {
        self.digits as f64 / 10f64.powi(self.places as i32)
    }
}

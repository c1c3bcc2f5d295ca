//! Syntax of numbers.

use std::cmp::Ordering;

/// Parts of a number in decimal notation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) is_negative: bool,
    /// Digits before the point.
    whole: &'a [u8],
    /// Digits after the point.
    fraction: &'a [u8],
    /// Power of ten that the number is multiplied by.
    exponent: i64,
}

/// Greatest absolute value of an exponent. Greater ones count as this one.
const MAX_EXPONENT: i64 = 100_000_000_000_000_000;

impl<'a> Parts<'a> {
    /// Parses a number without white space around it, such as `-12.50`, `.5` or `1e-3`.
    pub(super) fn of(text: &'a [u8]) -> Option<Self> {
        let (is_negative, text) = split_sign(text);
        if !text.is_empty() && are_digits(text) {
            return Some(Self {
                is_negative,
                whole: text,
                fraction: b"",
                exponent: 0,
            });
        }
        let (mantissa, exponent) = match memchr::memchr2(b'e', b'E', text) {
            Some(at) => (&text[..at], read_exponent(&text[at + 1..])?),
            None => (text, 0),
        };
        let (whole, fraction) = match memchr::memchr(b'.', mantissa) {
            Some(at) => (&mantissa[..at], &mantissa[at + 1..]),
            None => (mantissa, &b""[..]),
        };
        let parts = Self {
            is_negative,
            whole,
            fraction,
            exponent,
        };
        let has_digits = !(whole.is_empty() && fraction.is_empty());
        (has_digits && are_digits(whole) && are_digits(fraction)).then_some(parts)
    }

    /// Returns the number of decimal places. It is negative for an integer with an exponent.
    pub(super) fn scale(&self) -> i64 {
        self.fraction.len() as i64 - self.exponent
    }

    /// Removes zeros at both ends, which do not change the number.
    pub(super) fn trimmed(self) -> Self {
        let (mut whole, mut fraction) = (self.whole, self.fraction);
        let mut exponent = self.exponent;
        whole = trim_start(whole);
        if whole.is_empty() {
            let digits = trim_start(fraction);
            exponent -= (fraction.len() - digits.len()) as i64;
            fraction = digits;
        }
        fraction = trim_end(fraction);
        if fraction.is_empty() {
            let digits = trim_end(whole);
            exponent += (whole.len() - digits.len()) as i64;
            whole = digits;
        }
        Self {
            whole,
            fraction,
            exponent,
            ..self
        }
    }

    /// Returns the digits without the point.
    pub(super) fn digits(&self) -> impl Iterator<Item = u8> + use<'a> {
        self.whole.iter().chain(self.fraction).copied()
    }

    /// Returns the digits if all of them are on the same side of the point.
    pub(super) fn only_slice(&self) -> Option<&'a [u8]> {
        match (self.whole, self.fraction) {
            (digits, []) | ([], digits) => Some(digits),
            _ => None,
        }
    }

    /// Returns the number of digits.
    pub(super) fn len(&self) -> usize {
        self.whole.len() + self.fraction.len()
    }

    /// Returns the power of ten above the first digit. The digits of the number follow the point: `0.DIGITS * 10^power`.
    pub(super) fn power(&self) -> i64 {
        self.whole.len() as i64 + self.exponent
    }

    /// Returns the sign of trimmed parts.
    pub(super) fn sign(&self) -> Ordering {
        match (self.len(), self.is_negative) {
            (0, _) => Ordering::Equal,
            (_, true) => Ordering::Less,
            (_, false) => Ordering::Greater,
        }
    }
}

fn are_digits(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_digit)
}

/// Removes the sign. Returns true if it is a minus.
pub(super) fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text.split_first() {
        Some((b'-', rest)) => (true, rest),
        Some((b'+', rest)) => (false, rest),
        _ => (false, text),
    }
}

fn read_exponent(text: &[u8]) -> Option<i64> {
    let (is_negative, digits) = split_sign(text);
    if digits.is_empty() {
        return None;
    }
    let mut exponent = 0i64;
    for byte in digits {
        let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
        exponent = (exponent * 10 + digit).min(MAX_EXPONENT);
    }
    Some(if is_negative { -exponent } else { exponent })
}

fn trim_start(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    &digits[zeros..]
}

fn trim_end(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().rev().take_while(|digit| **digit == b'0');
    &digits[..digits.len() - zeros.count()]
}

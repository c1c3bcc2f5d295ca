//! Exact decimal numbers of 128 bits.

use std::cmp::Ordering;
use std::num::NonZeroU8;

use super::bytes::{put_int, take, take_int};
use super::parts::{Parts, split_sign};

/// Greatest number of decimal places.
pub(super) const MAX_SCALE: u8 = 38;

/// Exact decimal number: `coefficient / 10^scale`.
///
/// A [`Number`](super::Number) has 24 bytes. With an `i128`, which is aligned to 16 bytes, it would have 48.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decimal {
    /// Lower and upper half of the coefficient.
    halves: [u64; 2],
    /// Number of decimal places plus 1.
    scale: NonZeroU8,
}

impl Decimal {
    /// Returns `coefficient / 10^scale`. There are at most 38 decimal places.
    #[inline]
    pub(crate) fn new(coefficient: i128, scale: u8) -> Self {
        Self {
            halves: [coefficient as u64, (coefficient >> 64) as u64],
            scale: NonZeroU8::MIN.saturating_add(scale),
        }
    }

    #[inline]
    pub(crate) fn coefficient(&self) -> i128 {
        let [lower, upper] = self.halves.map(u128::from);
        (upper << 64 | lower) as i128
    }

    /// Returns the number of decimal places.
    #[inline]
    pub(crate) fn scale(&self) -> u8 {
        self.scale.get() - 1
    }

    /// Parses a number of at most 19 bytes without an exponent. Returns `None` for all other texts.
    #[inline]
    pub(super) fn of_short(text: &[u8]) -> Option<Self> {
        let (is_negative, text) = split_sign(text);
        // 19 digits fit 64 bits.
        if text.len() > 19 {
            return None;
        }
        let mut size = 0u64;
        let mut places = None;
        for (nth, byte) in text.iter().enumerate() {
            let digit = byte.wrapping_sub(b'0');
            if digit < 10 {
                size = size * 10 + u64::from(digit);
            } else if *byte == b'.' && places.is_none() {
                places = Some(text.len() - nth - 1);
            } else {
                return None;
            }
        }
        // A text without digits is empty or a point.
        if text.len() == usize::from(places.is_some()) {
            return None;
        }
        let size = i128::from(size);
        let coefficient = if is_negative { -size } else { size };
        Some(Self::new(coefficient, places.unwrap_or(0) as u8))
    }

    /// Returns the number with the decimal places that are written. Returns `None` if it does not fit.
    ///
    /// Zeros at the end of the decimal places are removed if the number fits only without them.
    pub(super) fn of_parts(parts: &Parts<'_>) -> Option<Self> {
        let written = parts.scale().max(0);
        let parts = parts.trimmed();
        if parts.len() == 0 {
            let fits = written <= i64::from(MAX_SCALE);
            return Some(Self::new(0, if fits { written as u8 } else { 0 }));
        }
        // 2^127 has 39 digits.
        if parts.len() > 39 || parts.power() > 39 || parts.scale() > i64::from(MAX_SCALE) {
            return None;
        }
        let mut size = 0u128;
        for digit in parts.digits() {
            size = size
                .checked_mul(10)?
                .checked_add(u128::from(digit - b'0'))?;
        }
        let shortest = parts.scale().max(0);
        let with_scale = |scale: i64| {
            let zeros = u32::try_from(scale - parts.scale()).ok()?;
            let size = size.checked_mul(10u128.checked_pow(zeros)?)?;
            let coefficient = match parts.is_negative {
                true => 0i128.checked_sub_unsigned(size),
                false => i128::try_from(size).ok(),
            };
            let scale = u8::try_from(scale)
                .ok()
                .filter(|scale| *scale <= MAX_SCALE)?;
            Some(Self::new(coefficient?, scale))
        };
        with_scale(written).or_else(|| with_scale(shortest))
    }

    /// Compares by size. Of two equal numbers, the one with fewer decimal places is less.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let by_size = match self.scale().cmp(&other.scale()) {
            Ordering::Equal => self.coefficient().cmp(&other.coefficient()),
            Ordering::Less => self.order_scaled(other),
            Ordering::Greater => other.order_scaled(self).reverse(),
        };
        by_size.then(self.scale().cmp(&other.scale()))
    }

    /// Compares by size with a number that has more decimal places.
    fn order_scaled(&self, other: &Self) -> Ordering {
        match self.coefficient_at(other.scale()) {
            Some(coefficient) => coefficient.cmp(&other.coefficient()),
            // It exceeds every number with as many decimal places.
            None => self.coefficient().cmp(&0),
        }
    }

    /// Returns the coefficient of the same number with `scale` decimal places, which are not fewer than now.
    pub(super) fn coefficient_at(&self, scale: u8) -> Option<i128> {
        self.coefficient()
            .checked_mul(power_of_ten(scale - self.scale()))
    }

    /// Returns the nearest `f64`.
    pub(crate) fn to_f64(self) -> f64 {
        let (coefficient, scale) = (self.coefficient(), self.scale());
        match scale {
            0 => coefficient as f64,
            // Division rounds once, because both numbers are exact.
            1..=22 if coefficient.unsigned_abs() < 1 << 53 => {
                coefficient as f64 / 10f64.powi(scale.into())
            }
            _ => {
                let text = format!("{coefficient}e-{scale}");
                text.parse().expect("the text is a number")
            }
        }
    }

    /// Appends the number as text.
    pub(super) fn write(&self, into: &mut Vec<u8>) {
        let digits = self.coefficient().unsigned_abs().to_string();
        write_scaled(self.coefficient() < 0, &digits, self.scale(), into);
    }

    /// Appends the number in the format that [`Decimal::take`] reads.
    pub(super) fn put(&self, into: &mut Vec<u8>) {
        into.push(self.scale());
        put_int(self.coefficient(), into);
    }

    /// Decodes what [`Decimal::put`] wrote at the start of `bytes`, and removes it from there.
    pub(super) fn take(bytes: &mut &[u8]) -> Option<Self> {
        let [scale] = take(bytes)?;
        let coefficient = take_int(bytes)?;
        (scale <= MAX_SCALE).then(|| Self::new(coefficient, scale))
    }
}

/// Powers of ten that fit 128 bits.
const POWERS_OF_TEN: [i128; MAX_SCALE as usize + 1] = {
    let mut powers = [1; MAX_SCALE as usize + 1];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// Returns a power of ten up to 10^38.
#[inline]
pub(super) fn power_of_ten(power: u8) -> i128 {
    POWERS_OF_TEN[usize::from(power)]
}

/// Appends `digits / 10^scale` as text.
pub(super) fn write_scaled(is_negative: bool, digits: &str, scale: u8, into: &mut Vec<u8>) {
    if is_negative {
        into.push(b'-');
    }
    let places = usize::from(scale);
    let digits = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    into.extend_from_slice(whole.as_bytes());
    if places > 0 {
        into.push(b'.');
        into.extend_from_slice(fraction.as_bytes());
    }
}

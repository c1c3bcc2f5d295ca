//! Values of cells.

use std::cmp::Ordering;

use num_bigint::BigInt;

use super::bytes::{put_json, take};
use super::decimal::{Decimal, power_of_ten};
use super::float::Dyadic;
use super::parts::Parts;

/// Number in a cell: exact if it fits, otherwise the nearest `f64`.
///
/// All numbers with up to 38 digits and 38 decimal places fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Decimal(Decimal),
    /// Finite and not -0.
    Float(f64),
}

/// First byte of an encoded `f64`. Those of a decimal number have its scale there.
const FLOAT: u8 = 0xff;

impl Number {
    /// Parses the number in a cell, without the white space around it.
    #[inline]
    pub(crate) fn read(cell: &[u8]) -> Option<Self> {
        let text = cell.trim_ascii();
        match Decimal::of_short(text) {
            Some(decimal) => Some(Self::Decimal(decimal)),
            None => Self::read_long(text),
        }
    }

    fn read_long(text: &[u8]) -> Option<Self> {
        let parts = Parts::of(text)?;
        if let Some(decimal) = Decimal::of_parts(&parts) {
            return Some(Self::Decimal(decimal));
        }
        let float: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
        // Adding 0.0 turns -0.0 into 0.0, so that there is only one zero.
        float.is_finite().then_some(Self::Float(float + 0.0))
    }

    /// Returns the nearest `f64`.
    pub(crate) fn to_f64(self) -> f64 {
        match self {
            Self::Decimal(decimal) => decimal.to_f64(),
            Self::Float(float) => float,
        }
    }

    /// Compares by size, exactly. Equal numbers are ordered by their decimal places, fewer first, and an `f64` follows
    /// the decimal numbers that it equals. Therefore the order of two numbers with different texts is always the same.
    #[inline]
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Decimal(one), Self::Decimal(two)) => one.order(two),
            (Self::Float(one), Self::Float(two)) => one.total_cmp(two),
            (Self::Decimal(one), Self::Float(two)) => order_mixed(one, *two),
            (Self::Float(one), Self::Decimal(two)) => order_mixed(two, *one).reverse(),
        }
    }

    /// Appends the number as JSON.
    pub(crate) fn write(&self, into: &mut Vec<u8>) {
        match self {
            Self::Decimal(decimal) => decimal.write(into),
            Self::Float(float) => put_json(into, float),
        }
    }

    /// Appends the number in the format that [`Number::take`] reads.
    pub(crate) fn put(&self, into: &mut Vec<u8>) {
        match self {
            Self::Decimal(decimal) => decimal.put(into),
            Self::Float(float) => {
                into.push(FLOAT);
                into.extend(float.to_be_bytes());
            }
        }
    }

    /// Decodes what [`Number::put`] wrote at the start of `bytes`, and removes it from there.
    pub(crate) fn take(bytes: &mut &[u8]) -> Option<Self> {
        if bytes.first() != Some(&FLOAT) {
            return Decimal::take(bytes).map(Self::Decimal);
        }
        let [_] = take(bytes)?;
        let float = f64::from_be_bytes(take(bytes)?);
        float.is_finite().then_some(Self::Float(float))
    }
}

/// Compares a decimal number with a float by size. If they are equal, the decimal number is less.
fn order_mixed(decimal: &Decimal, float: f64) -> Ordering {
    let nearest = decimal.to_f64();
    if nearest != float {
        // Rounding keeps the order.
        return nearest.total_cmp(&float);
    }
    let Dyadic { mantissa, exponent } = Dyadic::of(float);
    let scaled = mantissa * power_of_ten(decimal.scale());
    let coefficient = BigInt::from(decimal.coefficient());
    let by_size = match u32::try_from(exponent) {
        Ok(shift) => coefficient.cmp(&(scaled << shift)),
        Err(_) => (coefficient << exponent.unsigned_abs()).cmp(&scaled),
    };
    by_size.then(Ordering::Less)
}

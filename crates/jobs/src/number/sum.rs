//! Exact sums.
//!
//! A sum must not depend on the splits of the input. Floating-point addition would: `(a + b) + c` differs from
//! `a + (b + c)`. Therefore nothing is rounded before the end.

use num_bigint::{BigInt, BigUint, Sign};

use super::bytes::{put_big, put_int, put_json, take, take_big, take_int};
use super::decimal::{Decimal, MAX_SCALE, power_of_ten, write_scaled};
use super::float::{Dyadic, nearest};
use super::value::Number;

/// Exact sum of numbers. It is rounded only when it is written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sum {
    /// Part of the sum, in units of `10^-scale`.
    total: i128,
    /// Greatest number of decimal places of a decimal number.
    scale: u8,
    /// Rest of the sum.
    rest: Option<Box<Rest>>,
}

/// Part of a sum that does not fit 128 bits.
#[derive(Debug, Clone, Default)]
struct Rest {
    /// Sum of decimal numbers, in units of 10^-38.
    decimals: BigInt,
    /// Sum of floats. `None` without floats.
    floats: Option<Dyadic>,
}

/// Bit of an encoded scale: a rest follows.
const HAS_REST: u8 = 0x40;
/// Bit of an encoded scale: floats follow.
const HAS_FLOATS: u8 = 0x80;

impl Sum {
    #[inline]
    pub(crate) fn add(&mut self, number: Number) {
        if let Number::Decimal(decimal) = number
            && decimal.scale() == self.scale
            && let Some(total) = self.total.checked_add(decimal.coefficient())
        {
            self.total = total;
            return;
        }
        match number {
            Number::Decimal(decimal) => self.add_decimal(decimal),
            Number::Float(float) => self.add_float(&Dyadic::of(float)),
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.add_decimal(Decimal::new(other.total, other.scale));
        if let Some(rest) = &other.rest {
            self.rest.get_or_insert_default().decimals += &rest.decimals;
            if let Some(floats) = &rest.floats {
                self.add_float(floats);
            }
        }
    }

    /// Adds a decimal number, and keeps its decimal places.
    fn add_decimal(&mut self, decimal: Decimal) {
        let scale = self.scale.max(decimal.scale());
        let total = Decimal::new(self.total, self.scale);
        self.scale = scale;
        self.total = 0;
        for part in [total, decimal] {
            let sum = part
                .coefficient_at(scale)
                .and_then(|coefficient| self.total.checked_add(coefficient));
            match sum {
                Some(sum) => self.total = sum,
                None => self.rest.get_or_insert_default().decimals += in_units(part),
            }
        }
    }

    fn add_float(&mut self, float: &Dyadic) {
        let rest = self.rest.get_or_insert_default();
        match &mut rest.floats {
            Some(floats) => floats.add(float),
            None => rest.floats = Some(float.clone()),
        }
    }

    /// Returns the sum of the decimal numbers, in units of 10^-38.
    fn decimals(&self) -> BigInt {
        let total = in_units(Decimal::new(self.total, self.scale));
        match &self.rest {
            Some(rest) => total + &rest.decimals,
            None => total,
        }
    }

    /// Returns the sum as a fraction.
    fn fraction(&self) -> (BigInt, BigUint) {
        let (decimals, unit) = (self.decimals(), power_of_ten(MAX_SCALE));
        let denominator = BigUint::from(unit.unsigned_abs());
        let floats = self.rest.as_ref().and_then(|rest| rest.floats.as_ref());
        let Some(Dyadic { mantissa, exponent }) = floats else {
            return (decimals, denominator);
        };
        let floats = mantissa * unit;
        let shift = exponent.unsigned_abs();
        match exponent {
            0.. => (decimals + (floats << shift), denominator),
            _ => ((decimals << shift) + floats, denominator << shift),
        }
    }

    /// Appends the sum as JSON.
    ///
    /// It is exact, with as many decimal places as the number with the most, if all numbers were decimal. Otherwise it
    /// is the nearest `f64`. A sum beyond the range of `f64` is written as the nearest integer.
    pub(crate) fn write(&self, into: &mut Vec<u8>) {
        let (total, scale) = (self.total, self.scale);
        let Some(rest) = &self.rest else {
            return Number::Decimal(Decimal::new(total, scale)).write(into);
        };
        if rest.floats.is_none() {
            let sum = self.decimals() / power_of_ten(MAX_SCALE - scale);
            let digits = sum.magnitude().to_string();
            return write_scaled(sum.sign() == Sign::Minus, &digits, scale, into);
        }
        let (numerator, denominator) = self.fraction();
        if let Some(float) = nearest(&numerator, &denominator) {
            return put_json(into, &float);
        }
        let integer = (numerator.magnitude() * 2u8 + &denominator) / (denominator * 2u8);
        let is_negative = numerator.sign() == Sign::Minus;
        write_scaled(is_negative, &integer.to_string(), 0, into);
    }

    /// Returns the `f64` nearest to the sum divided by `count`. Returns `None` for a count of 0.
    pub(crate) fn mean(&self, count: u64) -> Option<f64> {
        let exact = 1 << 53;
        if self.rest.is_none() && self.scale == 0 && self.total.unsigned_abs() < exact {
            // Division rounds once, because both numbers are exact.
            if (1..exact).contains(&u128::from(count)) {
                return Some(self.total as f64 / count as f64);
            }
        }
        let (numerator, denominator) = self.fraction();
        (count > 0).then(|| nearest(&numerator, &(denominator * count)))?
    }

    /// Appends the sum in the format that [`Sum::take`] reads.
    pub(crate) fn put(&self, into: &mut Vec<u8>) {
        let Some(rest) = &self.rest else {
            into.push(self.scale);
            return put_int(self.total, into);
        };
        let floats = rest.floats.as_ref();
        let has_floats = if floats.is_some() { HAS_FLOATS } else { 0 };
        into.push(self.scale | HAS_REST | has_floats);
        put_int(self.total, into);
        put_big(&rest.decimals, into);
        if let Some(floats) = floats {
            floats.put(into);
        }
    }

    /// Decodes what [`Sum::put`] wrote at the start of `bytes`, and removes it from there.
    pub(crate) fn take(bytes: &mut &[u8]) -> Option<Self> {
        let [first] = take(bytes)?;
        let scale = first & !(HAS_REST | HAS_FLOATS);
        let total = take_int(bytes)?;
        let mut rest = None;
        if first & HAS_REST != 0 {
            let decimals = take_big(bytes)?;
            let floats = match first & HAS_FLOATS {
                0 => None,
                _ => Some(Dyadic::take(bytes)?),
            };
            rest = Some(Box::new(Rest { decimals, floats }));
        }
        let is_valid = scale <= MAX_SCALE && first & (HAS_REST | HAS_FLOATS) != HAS_FLOATS;
        is_valid.then_some(Self { total, scale, rest })
    }
}

/// Returns a decimal number in units of 10^-38.
fn in_units(decimal: Decimal) -> BigInt {
    BigInt::from(decimal.coefficient()) * power_of_ten(MAX_SCALE - decimal.scale())
}

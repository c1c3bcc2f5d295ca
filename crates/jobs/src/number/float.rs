//! Exact arithmetic with `f64`.

use num_bigint::{BigInt, BigUint, Sign};

use super::bytes::{put_big, take, take_big};

/// Exact binary fraction: `mantissa * 2^exponent`.
#[derive(Debug, Clone, Default)]
pub(super) struct Dyadic {
    pub(super) mantissa: BigInt,
    pub(super) exponent: i32,
}

/// Exponent of the least positive `f64`.
const MIN_EXPONENT: i32 = -1074;
/// Exponent of the last bit of the greatest `f64`.
const MAX_EXPONENT: i32 = 971;

impl Dyadic {
    /// Returns the value of a finite float.
    pub(super) fn of(float: f64) -> Self {
        let bits = float.to_bits();
        let (exponent, fraction) = ((bits >> 52 & 0x7ff) as i32, bits & ((1 << 52) - 1));
        let (mantissa, exponent) = match exponent {
            0 => (fraction, MIN_EXPONENT),
            _ => (fraction | 1 << 52, exponent - 1 + MIN_EXPONENT),
        };
        let mantissa = BigInt::from(mantissa);
        Self {
            mantissa: if float < 0.0 { -mantissa } else { mantissa },
            exponent,
        }
    }

    pub(super) fn add(&mut self, other: &Self) {
        if other.exponent < self.exponent {
            self.mantissa <<= (self.exponent - other.exponent) as u32;
            self.exponent = other.exponent;
        }
        self.mantissa += &other.mantissa << ((other.exponent - self.exponent) as u32);
    }

    /// Appends the number in the format that [`Dyadic::take`] reads.
    pub(super) fn put(&self, into: &mut Vec<u8>) {
        into.extend((self.exponent as i16).to_be_bytes());
        put_big(&self.mantissa, into);
    }

    /// Decodes what [`Dyadic::put`] wrote at the start of `bytes`, and removes it from there.
    pub(super) fn take(bytes: &mut &[u8]) -> Option<Self> {
        let exponent = i32::from(i16::from_be_bytes(take(bytes)?));
        let mantissa = take_big(bytes)?;
        let is_valid = (MIN_EXPONENT..=MAX_EXPONENT).contains(&exponent);
        is_valid.then_some(Self { mantissa, exponent })
    }
}

/// Returns the `f64` nearest to a fraction. A tie rounds to even. Returns `None` if it exceeds the range of `f64`.
pub(super) fn nearest(numerator: &BigInt, denominator: &BigUint) -> Option<f64> {
    let size = nearest_size(numerator.magnitude(), denominator)?;
    // Zero has no sign.
    Some(match numerator.sign() {
        Sign::Minus if size > 0.0 => -size,
        _ => size,
    })
}

fn nearest_size(numerator: &BigUint, denominator: &BigUint) -> Option<f64> {
    if numerator.bits() == 0 {
        return Some(0.0);
    }
    // The quotient, times 2^shift, has 63 or 64 bits.
    let shift = 63 - (numerator.bits() as i64 - denominator.bits() as i64);
    let (numerator, denominator) = match shift {
        0.. => (numerator << shift as u64, denominator.clone()),
        _ => (numerator.clone(), denominator << shift.unsigned_abs()),
    };
    let quotient = &numerator / &denominator;
    let is_exact = &quotient * denominator == numerator;
    let quotient = u64::try_from(quotient).expect("the quotient has 63 or 64 bits");
    // The last bit is 1 if other bits follow.
    let quotient = u128::from(quotient) << 1 | u128::from(!is_exact);
    let shift = shift + 1;
    let bits = i64::from(u128::BITS - quotient.leading_zeros());
    let exponent = (bits - shift - 53).max(i64::from(MIN_EXPONENT));
    if exponent > i64::from(MAX_EXPONENT) {
        return None;
    }
    // At least the 10 bits beyond the 53 of an `f64`.
    let dropped = exponent + shift;
    if dropped > 100 {
        return Some(0.0);
    }
    let half = 1u128 << (dropped - 1);
    let rest = quotient & (2 * half - 1);
    let floor = quotient >> dropped;
    let is_up = rest > half || (rest == half && floor % 2 == 1);
    let size = (floor + u128::from(is_up)) as f64 * power_of_two(exponent as i32);
    size.is_finite().then_some(size)
}

/// Returns 2 to a power from -1074 to 1023.
fn power_of_two(power: i32) -> f64 {
    f64::from_bits(match power {
        ..-1022 => 1 << (power - MIN_EXPONENT),
        _ => ((power + 1023) as u64) << 52,
    })
}

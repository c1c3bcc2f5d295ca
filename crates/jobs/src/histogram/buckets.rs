//! Buckets of numbers.

use mapreduce_core::{JobError, Params};
use mapreduce_job::JobParams;

use super::decimal::Decimal;
use super::params::HistogramParams;
use crate::number::{self, Number};

/// Division of the numbers into buckets. Buckets are indexed in ascending order of their numbers.
#[derive(Debug, Clone)]
pub(super) enum Buckets {
    /// Buckets of the same width.
    Width(Decimal),
    /// Buckets between powers of two.
    PowersOfTwo,
}

/// Difference between the index of a bucket and its exponent. The exponents of an `f64` start at -1074.
const OFFSET: i64 = 1100;

impl Default for Buckets {
    fn default() -> Self {
        Self::Width(Decimal::from(1))
    }
}

impl Buckets {
    pub(super) fn of(params: &Params) -> Result<Self, JobError> {
        let HistogramParams { width, log2, .. } = HistogramParams::read(params)?;
        match (log2, params.get("width")) {
            (false, _) => Ok(Self::Width(width.0)),
            (true, None) => Ok(Self::PowersOfTwo),
            (true, Some(_)) => Err(JobError::permanent(
                "the parameters width and log2 cannot be combined; set one of them",
            )),
        }
    }

    /// Returns the index of the bucket of `number`, whose text is `cell`. Returns `None` if the index exceeds 64 bits.
    pub(super) fn find(&self, number: Number, cell: &[u8]) -> Option<i64> {
        let width = match self {
            Self::PowersOfTwo => return Some(log2(number)),
            Self::Width(width) => width,
        };
        if let Number::Decimal(number) = number {
            return width.bucket(number);
        }
        // Rounding down does not change the bucket, because the width has no more decimal places than the result.
        let text = std::str::from_utf8(cell).ok();
        if let Some((exact, _)) = text.and_then(Decimal::floored) {
            exact.divided_by(*width)
        } else {
            // The number has too many digits before the decimal point, so the division is approximate.
            let bucket = (number.to_f64() / width.to_f64()).floor();
            (bucket.abs() < 9e18).then_some(bucket as i64)
        }
    }

    /// Returns the lower bound of a bucket as text. For powers of two, returns the bound nearer to 0.
    pub(super) fn lower_bound(&self, bucket: i64) -> String {
        match self {
            Self::Width(width) => width.times(bucket),
            Self::PowersOfTwo if bucket == 0 => "0".to_owned(),
            Self::PowersOfTwo => {
                let power = bucket.abs() - OFFSET;
                let power = match u32::try_from(power) {
                    Ok(power @ 0..128) => (1u128 << power).to_string(),
                    _ => power_of_two(power).to_string(),
                };
                format!("{}{power}", if bucket < 0 { "-" } else { "" })
            }
        }
    }
}

/// Returns the bucket between powers of two: 0 for 0, otherwise the power plus [`OFFSET`] with the number's sign.
fn log2(number: Number) -> i64 {
    let (is_negative, power) = match number {
        Number::Decimal(number) if number.coefficient() == 0 => return 0,
        Number::Decimal(number) => (number.coefficient() < 0, log2_of_decimal(number)),
        Number::Float(0.0) => return 0,
        Number::Float(float) => {
            let (exponent, fraction) =
                ((float.to_bits() >> 52) & 0x7ff, float.to_bits() << 12 >> 12);
            let power = match exponent {
                0 => i64::from(fraction.ilog2()) - 1074,
                _ => exponent as i64 - 1023,
            };
            (float < 0.0, power)
        }
    };
    if is_negative {
        -(power + OFFSET)
    } else {
        power + OFFSET
    }
}

/// Returns the greatest power of two up to the absolute value of a number that is not 0. The nearest `f64` could be the
/// next power.
fn log2_of_decimal(number: number::Decimal) -> i64 {
    let (size, unit) = (
        number.coefficient().unsigned_abs(),
        10u128.pow(number.scale().into()),
    );
    let power = i64::from(size.ilog2()) - i64::from(unit.ilog2());
    // The shifted numbers have the same number of bits.
    let is_less = match power {
        0.. => size < unit << power,
        _ => size << -power < unit,
    };
    power - i64::from(is_less)
}

/// Returns `2^power`. `powi` would compute the reciprocal first, which gives 0 for the smallest powers.
fn power_of_two(power: i64) -> f64 {
    f64::from_bits(match power {
        ..-1022 => 1 << (power + 1074).clamp(0, 51),
        _ => (power.min(1023) as u64).wrapping_add(1023) << 52,
    })
}

//! Which bucket a number belongs to.

use mapreduce_core::{JobError, Params};

use crate::number::Number;

/// Buckets, numbered in the order of their numbers.
#[derive(Debug, Clone)]
pub(super) enum Buckets {
    /// Of one width.
    Width(Decimal),
    /// Between powers of two.
    Log2,
}

/// A decimal number, exactly: `digits / 10^places`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Decimal {
    digits: i128,
    places: u32,
}

/// Most digits behind the point, and before it, that are reckoned with exactly: twice as many fit 128 bits.
const MOST_PLACES: u32 = 18;
const MOST_DIGITS: i128 = 1_000_000_000_000_000_000;

/// What the number of a bucket of powers of two is behind its power: the powers of an `f64` start at -1074.
const OFFSET: i64 = 1100;

impl Default for Buckets {
    fn default() -> Self {
        Self::Width(Decimal {
            digits: 1,
            places: 0,
        })
    }
}

impl Buckets {
    pub(super) fn of(params: &Params) -> Result<Self, JobError> {
        let text = params.get("width").unwrap_or("1");
        if params.value("log2", false)? {
            return match params.get("width") {
                None => Ok(Self::Log2),
                Some(_) => Err(JobError::hopeless(
                    "the parameters width and log2 exclude each other",
                )),
            };
        }
        let width = Decimal::exact(text).filter(|width| width.digits > 0);
        width.map(Self::Width).ok_or_else(|| {
            JobError::hopeless(format!(
                "the parameter width={text} must be a decimal number above 0, of at most {MOST_PLACES} digits \
                 before and behind the point"
            ))
        })
    }

    /// The bucket of `number`, which is spelt as `cell`; `None` if there are not so many.
    pub(super) fn find(&self, number: Number, cell: &[u8]) -> Option<i64> {
        let width = match self {
            Self::Log2 => return Some(log2(number)),
            Self::Width(width) => width,
        };
        let exact = match number {
            Number::Int(digits) => Some(Decimal {
                digits: i128::from(digits),
                places: 0,
            }),
            // What is cut off does not reach the next multiple of the width, which has no more places.
            Number::Float(_) => std::str::from_utf8(cell)
                .ok()
                .and_then(Decimal::floored)
                .map(|(number, _)| number),
        };
        match exact {
            Some(exact) => exact.divided_by(*width),
            // It has too many digits before the point.
            None => {
                let bucket = (number.to_f64() / width.to_f64()).floor();
                (bucket.abs() < 9e18).then_some(bucket as i64)
            }
        }
    }

    /// The lower bound of a bucket; of powers of two the bound nearer to 0.
    pub(super) fn lower_bound(&self, bucket: i64) -> String {
        match self {
            Self::Width(width) => width.times(bucket),
            Self::Log2 if bucket == 0 => "0".to_owned(),
            Self::Log2 => {
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

/// 0 for 0; otherwise the power, moved so that it is above 0, with the number's sign.
fn log2(number: Number) -> i64 {
    let (is_negative, power) = match number {
        Number::Int(0) => return 0,
        // Exact where an `f64` might be rounded up to the next power.
        Number::Int(int) => (int < 0, i64::from(int.unsigned_abs().ilog2())),
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

/// `2^power`. `powi` goes by way of the reciprocal, which is 0 for the smallest.
fn power_of_two(power: i64) -> f64 {
    f64::from_bits(match power {
        ..-1022 => 1 << (power + 1074).clamp(0, 51),
        _ => (power.min(1023) as u64).wrapping_add(1023) << 52,
    })
}

impl Decimal {
    /// The number that is spelt as `text`; `None` for what is none, and for those with too many digits.
    fn exact(text: &str) -> Option<Self> {
        let (number, is_exact) = Self::floored(text)?;
        is_exact.then_some(number)
    }

    /// The greatest number of [`MOST_PLACES`] places that is not above the one spelt as `text`, perhaps with an
    /// exponent; and whether it is that one. `None` for what is none, and for those with too many digits before the
    /// point.
    fn floored(text: &str) -> Option<(Self, bool)> {
        let (is_negative, text) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (text, exponent) = match text.split_once(['e', 'E']) {
            Some((text, exponent)) => (text, i64::from(exponent.parse::<i32>().ok()?)),
            None => (text, 0),
        };
        let (before, behind) = text.split_once('.').unwrap_or((text, ""));
        let all = format!("{before}{behind}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = all.trim_start_matches('0');
        // How many of the digits stand before the point; below 0, so many zeros stand behind it first.
        let point = before.len() as i64 + exponent - (all.len() - digits.len()) as i64;
        if point > i64::from(MOST_PLACES) && !digits.is_empty() {
            return None;
        }
        let places = (digits.len() as i64 - point).clamp(0, i64::from(MOST_PLACES));
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

    /// Digits with the greatest number of places.
    fn units(self) -> i128 {
        self.digits * 10i128.pow(MOST_PLACES - self.places)
    }

    fn divided_by(self, width: Self) -> Option<i64> {
        // Integers of 64 bits have one digit more than decimals may.
        let bucket = match (self.places, width.places) {
            (0, 0) => self.digits.div_euclid(width.digits),
            _ if self.digits.abs() / 10i128.pow(self.places) > MOST_DIGITS * 10 => return None,
            _ => self.units().div_euclid(width.units()),
        };
        i64::try_from(bucket).ok()
    }

    /// `self * n`, as text with as many places.
    fn times(self, n: i64) -> String {
        let places = self.places as usize;
        let Some(digits) = self.digits.checked_mul(i128::from(n)) else {
            return (self.to_f64() * n as f64).to_string();
        };
        if places == 0 {
            return digits.to_string();
        }
        let sign = if digits < 0 { "-" } else { "" };
        let text = format!("{:0>width$}", digits.unsigned_abs(), width = places + 1);
        let (before, behind) = text.split_at(text.len() - places);
        format!("{sign}{before}.{behind}")
    }

    fn to_f64(self) -> f64 {
        self.digits as f64 / 10f64.powi(self.places as i32)
    }
}

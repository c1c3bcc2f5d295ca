//! Which bucket a number belongs to.

use crate::job::{JobError, Params};

use super::super::number::Number;

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
        let width = Decimal::read(text).filter(|width| width.digits > 0);
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
            Number::Float(_) => std::str::from_utf8(cell).ok().and_then(Decimal::read),
        };
        match exact {
            Some(exact) => exact.divided_by(*width),
            // Its digits are too many, or it is spelt with an exponent.
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
                    _ => 2f64.powi(power as i32).to_string(),
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

impl Decimal {
    /// A number without an exponent; `None` for others, and for those with too many digits.
    fn read(text: &str) -> Option<Self> {
        let (sign, text) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let (before, behind) = text.split_once('.').unwrap_or((text, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let fits = before.len() + behind.len() > 0
            && before.len() <= MOST_PLACES as usize
            && behind.len() <= MOST_PLACES as usize
            && all_digits(before)
            && all_digits(behind);
        if !fits {
            return None;
        }
        let digits: i128 = format!("{before}{behind}").parse().ok()?;
        Some(Self {
            digits: sign * digits,
            places: behind.len() as u32,
        })
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

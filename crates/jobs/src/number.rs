//! Numbers in cells: parsing, order, and exact sums.
//!
//! A sum must not depend on the splits of the input. Floating-point addition would: `(a + b) + c` differs from
//! `a + (b + c)`. Therefore nothing is rounded before the end.
//!
//! Integers are added in 128 bits. The sum of other numbers is a list of components that do not overlap and whose sum
//! is exact (Shewchuk, *Adaptive Precision Floating-Point Arithmetic*, 1997). It is rounded once, when it is written.

use std::cmp::Ordering;

use serde::Serialize;

/// Number in a cell: a 64-bit integer if it is written as one and fits, otherwise the nearest `f64`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
}

/// Greatest absolute value of a number, so that a sum of 2⁶³ numbers cannot overflow.
const GREATEST: f64 = 1e288;

impl Number {
    /// Parses the number in a cell, without the white space around it.
    pub(super) fn read(cell: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(cell.trim_ascii()).ok()?;
        if let Ok(int) = text.parse() {
            return Some(Self::Int(int));
        }
        // The parser accepts words such as `inf` and `nan`, which are not numbers here.
        let starts = text.trim_start_matches(['+', '-']);
        if !starts.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return None;
        }
        let float: f64 = text.parse().ok()?;
        // Adding 0.0 turns -0.0 into 0.0, so that there is only one zero.
        (float.abs() <= GREATEST).then_some(Self::Float(float + 0.0))
    }

    pub(super) fn to_f64(self) -> f64 {
        match self {
            Self::Int(int) => int as f64,
            Self::Float(float) => float,
        }
    }

    /// Returns the rounding error of [`Number::to_f64`].
    pub(super) fn rounding_error(self) -> i64 {
        match self {
            Self::Int(int) => (i128::from(int) - (int as f64) as i128) as i64,
            Self::Float(_) => 0,
        }
    }

    /// Compares by size. Of two equal numbers the integer is less.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let tie_breaker = |n: &Self| (n.rounding_error(), matches!(n, Self::Float(_)));
        let by_size = self.to_f64().total_cmp(&other.to_f64());
        by_size.then_with(|| tie_breaker(self).cmp(&tie_breaker(other)))
    }
}

/// Exact sum of numbers. It is rounded only when it is written.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Sum {
    ints: i128,
    /// Components that do not overlap, in ascending size. Their sum is exact.
    floats: Vec<f64>,
    /// True if a number was not an integer.
    has_floats: bool,
}

impl Sum {
    pub(super) fn add(&mut self, number: Number) {
        match number {
            // 2⁶³ integers of 64 bits do not overflow 128 bits.
            Number::Int(int) => self.ints += i128::from(int),
            Number::Float(float) => {
                self.has_floats = true;
                self.grow(float);
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.ints += other.ints;
        self.has_floats |= other.has_floats;
        for float in &other.floats {
            self.grow(*float);
        }
    }

    /// Adds a number to the components.
    fn grow(&mut self, float: f64) {
        let mut carry = float;
        let mut kept = 0;
        for at in 0..self.floats.len() {
            let (sum, error) = two_sum(carry, self.floats[at]);
            if error != 0.0 {
                self.floats[kept] = error;
                kept += 1;
            }
            carry = sum;
        }
        self.floats.truncate(kept);
        if carry != 0.0 {
            self.floats.push(carry);
        }
    }

    /// Appends the sum as JSON: an integer if all numbers were integers, otherwise the nearest `f64`.
    pub(super) fn write(&self, into: &mut Vec<u8>) {
        if self.has_floats {
            put_json(into, &self.to_f64());
        } else {
            into.extend(self.ints.to_string().bytes());
        }
    }

    /// Returns the nearest `f64`.
    pub(super) fn to_f64(&self) -> f64 {
        let mut whole = self.clone();
        // An `f64` represents parts of 32 bits exactly.
        for part in 0..4 {
            let bits = (self.ints.unsigned_abs() >> (32 * part)) as u32;
            let scaled = f64::from(bits) * 2f64.powi(32 * part);
            whole.grow(if self.ints < 0 { -scaled } else { scaled });
        }
        rounded(&whole.floats)
    }

    /// Appends the sum in the format that [`Sum::take`] reads.
    pub(super) fn put(&self, into: &mut Vec<u8>) {
        into.extend(self.ints.to_be_bytes());
        into.push(u8::from(self.has_floats));
        into.extend((self.floats.len() as u16).to_be_bytes());
        for float in &self.floats {
            into.extend(float.to_be_bytes());
        }
    }

    /// Decodes what [`Sum::put`] wrote at the start of `bytes`, and removes it from there.
    pub(super) fn take(bytes: &mut &[u8]) -> Option<Self> {
        let ints = i128::from_be_bytes(take(bytes)?);
        let [has_floats] = take(bytes)?;
        let len = u16::from_be_bytes(take(bytes)?);
        let floats = (0..len).map(|_| take(bytes).map(f64::from_be_bytes));
        Some(Self {
            ints,
            has_floats: has_floats == 1,
            floats: floats.collect::<Option<_>>()?,
        })
    }
}

/// Appends a number in the format that [`take_number`] reads.
pub(super) fn put_number(number: Number, into: &mut Vec<u8>) {
    match number {
        Number::Int(int) => {
            into.push(0);
            into.extend(int.to_be_bytes());
        }
        Number::Float(float) => {
            into.push(1);
            into.extend(float.to_be_bytes());
        }
    }
}

/// Decodes what [`put_number`] wrote at the start of `bytes`, and removes it from there.
pub(super) fn take_number(bytes: &mut &[u8]) -> Option<Number> {
    Some(match take(bytes)? {
        [0] => Number::Int(i64::from_be_bytes(take(bytes)?)),
        _ => Number::Float(f64::from_be_bytes(take(bytes)?)),
    })
}

/// Removes the first `N` bytes and returns them.
pub(super) fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*first)
}

/// Appends plain data as JSON.
pub(super) fn put_json<T: Serialize + ?Sized>(into: &mut Vec<u8>, data: &T) {
    serde_json::to_writer(into, data).expect("JSON can represent plain data");
}

/// Returns `a + b` rounded, and its rounding error. Their sum is exact (Knuth).
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let sum = a + b;
    let of_b = sum - a;
    let of_a = sum - of_b;
    (sum, (a - of_a) + (b - of_b))
}

/// Returns the `f64` nearest to the sum of `parts`, which do not overlap and ascend in size. A tie rounds to even.
fn rounded(parts: &[f64]) -> f64 {
    let mut parts = parts.iter().rev();
    let mut sum = parts.next().copied().unwrap_or(0.0);
    let mut error = 0.0;
    for part in parts.by_ref() {
        (sum, error) = two_sum(sum, *part);
        if error != 0.0 {
            break;
        }
    }
    // The rounding broke a tie without regard to the smaller parts, so it is corrected if they have the same sign.
    if let Some(next) = parts.next()
        && (error < 0.0) == (*next < 0.0)
    {
        let twice = error * 2.0;
        let other = sum + twice;
        if other - sum == twice {
            return other;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Number::{Float, Int};
    use super::*;

    fn sum(numbers: &[Number]) -> Sum {
        let mut sum = Sum::default();
        numbers.iter().for_each(|number| sum.add(*number));
        sum
    }

    fn text(sum: &Sum) -> String {
        let mut text = Vec::new();
        sum.write(&mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn only_decimal_cells_are_numbers() {
        assert_eq!(Number::read(b" -7 "), Some(Int(-7)));
        assert_eq!(
            Number::read(b"9223372036854775808"),
            Some(Float(2f64.powi(63)))
        );
        assert_eq!(Number::read(b"1.5e3"), Some(Float(1500.0)));
        assert_eq!(Number::read(b".5"), Some(Float(0.5)));
        for invalid in [
            "",
            "nan",
            "inf",
            "-infinity",
            "1,5",
            "12a",
            "1e300",
            "\u{663}",
        ] {
            assert_eq!(Number::read(invalid.as_bytes()), None, "{invalid}");
        }
    }

    #[test]
    fn sums_of_integers_are_integers_and_others_are_rounded_once() {
        assert_eq!(
            text(&sum(&[Int(i64::MAX), Int(i64::MAX)])),
            "18446744073709551614"
        );
        assert_eq!(text(&sum(&[Int(1), Float(0.0)])), "1.0");
        assert_eq!(
            text(&sum(&[Float(1e100), Float(1.0), Float(-1e100)])),
            "1.0"
        );
        assert_eq!(
            text(&sum(&[Float(1.0), Float(1e-16), Float(1e-16)])),
            "1.0000000000000002"
        );
        // The sum is halfway between two numbers, except for a very small part.
        let tie = [Float(2f64.powi(53)), Float(1.0), Float(1e-300)];
        assert_eq!(sum(&tie).to_f64(), 2f64.powi(53) + 2.0);
        assert_eq!(text(&sum(&[])), "0");
    }

    #[test]
    fn integers_and_floats_share_one_order() {
        let large = Int((1 << 53) + 1);
        assert_eq!(large.order(&Float(2f64.powi(53))), Ordering::Greater);
        assert_eq!(large.order(&Int((1 << 53) + 2)), Ordering::Less);
        assert_eq!(Int(1).order(&Float(1.0)), Ordering::Less);
        assert_eq!(Int(i64::MIN).order(&Int(i64::MAX)), Ordering::Less);
    }

    fn number() -> impl Strategy<Value = Number> {
        let float = (-1f64..1.0, -300i32..280).prop_map(|(x, e)| Float(x * 10f64.powi(e)));
        prop_oneof![
            any::<i64>().prop_map(Int),
            float,
            (-1e6..1e6).prop_map(Float)
        ]
    }

    proptest! {
        #[test]
        fn a_sum_does_not_depend_on_order_or_grouping(
            mut numbers in prop::collection::vec(number(), 0..40), at: prop::sample::Index,
        ) {
            let all = sum(&numbers);
            let cut = at.index(numbers.len() + 1);
            let (mut left, right) = (sum(&numbers[..cut]), sum(&numbers[cut..]));
            let mut bytes = Vec::new();
            right.put(&mut bytes);
            left.merge(&Sum::take(&mut &bytes[..]).unwrap());
            prop_assert_eq!(text(&left), text(&all));
            numbers.reverse();
            prop_assert_eq!(text(&sum(&numbers)), text(&all));
        }

        #[test]
        fn a_sum_is_rounded_to_the_nearest_float(numbers in prop::collection::vec((-1i64 << 53..1 << 53, 0u32..60), 1..20)) {
            // In units of 2^-60 all of them are integers.
            let floats: Vec<_> = numbers
                .iter()
                .map(|(n, shift)| Float(*n as f64 / 2f64.powi(*shift as i32)))
                .collect();
            let units: i128 = numbers.iter().map(|(n, shift)| i128::from(*n) << (60 - shift)).sum();
            // The conversion of an integer rounds once, with ties to even.
            prop_assert_eq!(sum(&floats).to_f64(), units as f64 / 2f64.powi(60));
        }
    }
}

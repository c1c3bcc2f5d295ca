//! Sort keys of numbers.

use std::cmp::Ordering;

use super::format::NumberFormat;
use super::parts::Parts;

/// First byte of the key of a text that is not a number.
const NOT_A_NUMBER: u8 = 0;
const NEGATIVE: u8 = 1;
const ZERO: u8 = 2;
const POSITIVE: u8 = 3;

/// Powers of ten of this size and less are encoded in one byte.
const MAX_SHORT_POWER: i64 = 120;
/// Byte of the power 0. Its neighbours are those of other short powers.
const POWER_0: u8 = 128;
/// Byte in front of a power below all short ones.
const LONG_NEGATIVE_POWER: u8 = 1;
/// Byte in front of a power above all short ones.
const LONG_POSITIVE_POWER: u8 = 255;

/// Last byte of the key of a number that is not 0.
const END: u8 = 0;

/// Appends the sort key of a number. Keys sort like the numbers, compared exactly, with any number of digits.
///
/// Equal numbers have equal keys: `1`, `1.0`, `1e0` and `01`. Text that is not a number sorts before all numbers. No key
/// is the start of a different one, so a key may be followed by other keys, and its bytes may be inverted to reverse
/// the order. An exponent beyond ±10^17 counts as ±10^17.
///
/// The key of a number has its sign, the power of ten above its first digit, its digits without zeros at the ends in
/// pairs, and an end. After the sign of a negative number, all bytes are inverted.
pub(crate) fn put_order(text: &[u8], format: &NumberFormat, into: &mut Vec<u8>) {
    let plain = format.plain(text);
    let parts = plain.as_ref().and_then(|text| Parts::of(text.trim_ascii()));
    let Some(parts) = parts else {
        return into.push(NOT_A_NUMBER);
    };
    let parts = parts.trimmed();
    match parts.sign() {
        Ordering::Equal => into.push(ZERO),
        Ordering::Greater => {
            into.push(POSITIVE);
            put_size(&parts, into);
        }
        Ordering::Less => {
            into.push(NEGATIVE);
            let start = into.len();
            put_size(&parts, into);
            into[start..].iter_mut().for_each(|byte| *byte = !*byte);
        }
    }
}

/// Appends the absolute value of a number that is not 0.
fn put_size(parts: &Parts<'_>, into: &mut Vec<u8>) {
    let power = parts.power();
    if power.abs() <= MAX_SHORT_POWER {
        into.push((i64::from(POWER_0) + power) as u8);
    } else {
        into.push(match power {
            0.. => LONG_POSITIVE_POWER,
            _ => LONG_NEGATIVE_POWER,
        });
        // The sign bit is inverted, so that negative powers sort first.
        into.extend((power ^ i64::MIN).to_be_bytes());
    }
    if let Some(digits) = parts.only_slice() {
        let pairs = digits.chunks_exact(2);
        let last = pairs.remainder().first();
        into.extend(pairs.map(|pair| pair_byte(pair[0], pair[1])));
        into.extend(last.map(|digit| pair_byte(*digit, b'0')));
    } else {
        let mut digits = parts.digits();
        while let Some(first) = digits.next() {
            into.push(pair_byte(first, digits.next().unwrap_or(b'0')));
        }
    }
    into.push(END);
}

/// Returns the byte of two digits, which exceeds that of the end.
fn pair_byte(first: u8, second: u8) -> u8 {
    (first - b'0') * 10 + (second - b'0') + 1
}

//! Encoding of integers in as few bytes as they need.

use num_bigint::BigInt;
use serde::Serialize;

/// Removes the first `N` bytes and returns them.
pub(crate) fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*first)
}

/// Appends plain data as JSON.
pub(crate) fn put_json<T: Serialize + ?Sized>(into: &mut Vec<u8>, data: &T) {
    serde_json::to_writer(into, data).expect("JSON can represent plain data");
}

/// Appends the length of an integer in bytes, and its bytes.
pub(super) fn put_int(int: i128, into: &mut Vec<u8>) {
    // The bits of a negative integer are inverted, so that leading ones do not count.
    let bits = i128::BITS - (int ^ (int >> 127)).leading_zeros();
    let len = match int {
        0 => 0,
        _ => bits as usize / 8 + 1,
    };
    into.push(len as u8);
    into.extend_from_slice(&int.to_le_bytes()[..len]);
}

/// Decodes what [`put_int`] wrote at the start of `bytes`, and removes it from there.
pub(super) fn take_int(bytes: &mut &[u8]) -> Option<i128> {
    let [len] = take(bytes)?;
    let (int, rest) = bytes.split_at_checked(len.into())?;
    *bytes = rest;
    let is_negative = int.last().is_some_and(|byte| *byte >= 0x80);
    let mut all = [if is_negative { 0xff } else { 0 }; 16];
    all.get_mut(..int.len())?.copy_from_slice(int);
    Some(i128::from_le_bytes(all))
}

/// Greatest length of an encoded big integer. Sums of floats have about 270 bytes.
const MAX_BIG: usize = 1024;

/// Appends the length of an integer in bytes, and its bytes.
pub(super) fn put_big(int: &BigInt, into: &mut Vec<u8>) {
    let bytes = int.to_signed_bytes_le();
    let len = u16::try_from(bytes.len()).expect("merged sums have fewer than 2 kB");
    into.extend(len.to_be_bytes());
    into.extend(bytes);
}

/// Decodes what [`put_big`] wrote at the start of `bytes`, and removes it from there.
pub(super) fn take_big(bytes: &mut &[u8]) -> Option<BigInt> {
    let len = usize::from(u16::from_be_bytes(take(bytes)?));
    let (int, rest) = bytes.split_at_checked(len)?;
    *bytes = rest;
    (len <= MAX_BIG).then(|| BigInt::from_signed_bytes_le(int))
}

//! Order of a key: its bytes sort as the text should.

use mapreduce_job::Datum;

use crate::number::{NumberFormat, put_order};

/// Order of the texts of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextOrder {
    /// By bytes.
    Bytes,
    /// By the bytes of the text in small letters.
    IgnoreCase,
    /// By the size of numbers. Other text comes first, and is all equal.
    Numeric(NumberFormat),
    /// By text in which the digits of a number count as one character, with the order of the numbers.
    Version { ignore_case: bool },
}

impl TextOrder {
    /// Appends bytes that sort in this order among all bytes that this function appends.
    pub(super) fn put(self, text: &[u8], is_reverse: bool, key: &mut Vec<u8>) {
        let start = key.len();
        match self {
            Self::Bytes => text.put_part(key),
            Self::IgnoreCase => lowercase(text).put_part(key),
            Self::Numeric(format) => put_order(text, &format, key),
            Self::Version { ignore_case: true } => put_version(&lowercase(text), key),
            Self::Version { ignore_case: false } => put_version(text, key),
        }
        if is_reverse {
            invert(&mut key[start..]);
        }
    }
}

/// Returns the text in small letters. Of invalid UTF-8, only the ASCII letters change.
fn lowercase(text: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(text) {
        Ok(text) => text.to_lowercase().into_bytes(),
        Err(_) => text.to_ascii_lowercase(),
    }
}

/// Appends text with each run of digits as: the digit 0, the number of its digits without leading zeros, and these
/// digits. The text itself follows, so that texts that differ in leading zeros only have distinct keys.
fn put_version(text: &[u8], key: &mut Vec<u8>) {
    let mut encoded = Vec::with_capacity(text.len() + 16);
    for run in text.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()) {
        if !run[0].is_ascii_digit() {
            encoded.extend_from_slice(run);
            continue;
        }
        let zeros = run.iter().take_while(|digit| **digit == b'0').count();
        let digits = &run[zeros..];
        encoded.push(b'0');
        // Long runs of digits have a longer length, which sorts after all short ones.
        match u8::try_from(digits.len()) {
            Ok(len) if len < 0xff => encoded.push(len),
            _ => {
                encoded.push(0xff);
                encoded.extend((digits.len() as u64).to_be_bytes());
            }
        }
        encoded.extend_from_slice(digits);
    }
    encoded.put_part(key);
    text.put_part(key);
}

/// Inverts all bits, which reverses the order of keys that do not start with each other.
pub(super) fn invert(key: &mut [u8]) {
    key.iter_mut().for_each(|byte| *byte = !*byte);
}

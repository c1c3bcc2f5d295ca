//! Encoding of records. Numbers are in LEB128.
//!
//! - A key with a count: length of the key, count, key.
//! - A pair of key and value: length of the key, length of the value, key, value.

/// Maximum length of the two numbers of a record, in bytes.
pub(super) const MAX_NUMBERS_LEN: usize = 20;

/// A key with a count, borrowed from a block.
#[derive(Debug, Clone, Copy)]
pub struct CountRecord<'a> {
    /// Bytes of the block from the key on. See [`Word`](mapreduce_core::Word) for why they are kept.
    pub(super) rest: &'a [u8],
    /// Length of the key.
    pub(super) len: usize,
    /// Count of the key, never 0.
    pub count: u64,
}

impl<'a> CountRecord<'a> {
    /// Returns the key.
    pub fn key(&self) -> &'a [u8] {
        &self.rest[..self.len]
    }
}

#[inline]
pub(super) fn put(into: &mut Vec<u8>, key: &[u8], count: u64) {
    put_number(into, key.len() as u64);
    put_number(into, count);
    into.extend_from_slice(key);
}

/// Removes the first record from `bytes` and returns it, or `None` if the record is incomplete or invalid.
#[inline]
pub(super) fn take<'a>(bytes: &mut &'a [u8]) -> Option<CountRecord<'a>> {
    let mut rest = *bytes;
    let len = usize::try_from(take_number(&mut rest)?).ok()?;
    let count = take_number(&mut rest)?;
    if count == 0 {
        return None;
    }
    *bytes = rest.get(len..)?;
    Some(CountRecord { rest, len, count })
}

/// Appends a pair. The value is the concatenation of two slices.
#[inline]
pub(super) fn put_pair(into: &mut Vec<u8>, key: &[u8], value: [&[u8]; 2]) {
    let len = value[0].len() + value[1].len();
    into.reserve(MAX_NUMBERS_LEN + key.len() + len);
    put_number(into, key.len() as u64);
    put_number(into, len as u64);
    into.extend_from_slice(key);
    into.extend_from_slice(value[0]);
    into.extend_from_slice(value[1]);
}

/// Removes the first pair from `bytes` and returns its key and value, or `None` if the pair is incomplete or invalid.
#[inline]
pub(super) fn take_pair<'a>(bytes: &mut &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
    let mut rest = *bytes;
    let key = usize::try_from(take_number(&mut rest)?).ok()?;
    let value = usize::try_from(take_number(&mut rest)?).ok()?;
    let (key, rest) = rest.split_at_checked(key)?;
    let (value, rest) = rest.split_at_checked(value)?;
    *bytes = rest;
    Some((key, value))
}

#[inline]
pub(super) fn put_number(into: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

#[inline]
pub(super) fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    if *first < 0x80 {
        return Some(u64::from(*first));
    }
    take_more(u64::from(*first & 0x7f), bytes)
}

/// Decodes the rest of a number of several bytes. Accepts only the shortest encoding, so that equal records always have
/// equal bytes.
fn take_more(mut number: u64, bytes: &mut &[u8]) -> Option<u64> {
    for shift in (7..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        let part = u64::from(byte & 0x7f);
        if part << shift >> shift != part {
            return None;
        }
        number |= part << shift;
        if *byte < 0x80 {
            return (*byte != 0).then_some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn records_are_read_back(records in proptest::collection::vec((any::<Vec<u8>>(), 1u64..), 0..20), small in 1u64..300) {
            let records: Vec<_> = records.into_iter().flat_map(|(key, count)| [(key.clone(), count), (key, small)]).collect();
            let mut bytes = Vec::new();
            for (key, count) in &records {
                let before = bytes.len();
                put(&mut bytes, key, *count);
                prop_assert!(bytes.len() - before <= key.len() + MAX_NUMBERS_LEN);
            }
            let mut rest = &bytes[..];
            for (key, count) in &records {
                let found = take(&mut rest).unwrap();
                prop_assert_eq!((found.key(), found.count), (&key[..], *count));
            }
            prop_assert!(rest.is_empty() && take(&mut rest).is_none());
        }

        #[test]
        fn pairs_are_read_back(pairs in proptest::collection::vec((any::<Vec<u8>>(), any::<Vec<u8>>(), 0usize..300), 0..20)) {
            let mut bytes = Vec::new();
            for (key, value, more) in &pairs {
                put_pair(&mut bytes, key, [value, &vec![7; *more]]);
            }
            let mut rest = &bytes[..];
            for (key, value, more) in &pairs {
                let found = take_pair(&mut rest).unwrap();
                prop_assert_eq!(found, (&key[..], &[&value[..], &vec![7; *more]].concat()[..]));
            }
            prop_assert!(rest.is_empty() && take_pair(&mut rest).is_none());
        }

        #[test]
        fn pairs_decoded_from_any_bytes_encode_to_the_same_bytes(bytes: Vec<u8>) {
            let mut rest = &bytes[..];
            while let Some((key, value)) = take_pair(&mut rest) {
                let mut again = Vec::new();
                put_pair(&mut again, key, [value, b""]);
                prop_assert!(bytes[..bytes.len() - rest.len()].ends_with(&again));
            }
        }

        #[test]
        fn records_decoded_from_any_bytes_encode_to_the_same_bytes(bytes: Vec<u8>) {
            let mut rest = &bytes[..];
            while let Some(found) = take(&mut rest) {
                let mut again = Vec::new();
                put(&mut again, found.key(), found.count);
                prop_assert!(bytes[..bytes.len() - rest.len()].ends_with(&again));
            }
        }
    }
}

//! Encoding of a row as a pair. The key of the pair is the sort key of the row. The value of the pair is:
//!
//! | bytes | content                                                                  |
//! |-------|--------------------------------------------------------------------------|
//! | 1     | 0: the text of the key equals the sort key; 1: the text follows          |
//! | …     | if it follows: its length as LEB128, then the text                       |
//! | …     | text of the value                                                        |

use crate::record;

/// A row of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundRow<'a> {
    /// Sort key.
    pub order: &'a [u8],
    /// Text of the key.
    pub key: &'a [u8],
    /// Text of the value.
    pub value: &'a [u8],
}

const KEY_IS_SORT_KEY: u8 = 0;
const KEY_FOLLOWS: u8 = 1;

/// Prefix of an encoded value if the text of the key equals the sort key.
pub(super) const SAME_KEY: &[u8] = &[KEY_IS_SORT_KEY];

/// Appends the prefix of an encoded value if the text of the key, `key`, differs from the sort key.
pub(super) fn put_key(into: &mut Vec<u8>, key: &[u8]) {
    into.push(KEY_FOLLOWS);
    record::put_number(into, key.len() as u64);
    into.extend_from_slice(key);
}

impl<'a> FoundRow<'a> {
    /// Decodes a row from a pair, or returns `None` if the value is invalid.
    #[inline]
    pub(super) fn of((order, value): (&'a [u8], &'a [u8])) -> Option<Self> {
        let (mark, mut value) = value.split_first()?;
        let key = match *mark {
            KEY_IS_SORT_KEY => order,
            KEY_FOLLOWS => {
                let len = usize::try_from(record::take_number(&mut value)?).ok()?;
                let (key, rest) = value.split_at_checked(len)?;
                value = rest;
                key
            }
            _ => return None,
        };
        Some(Self { order, key, value })
    }
}

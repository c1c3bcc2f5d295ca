//! A row as a pair. Its key is the row's place in the order; its value is
//!
//! | bytes | what                                                                     |
//! |-------|--------------------------------------------------------------------------|
//! | 1     | 0: the key's text is the same as the place; 1: it follows                 |
//! | …     | if it follows: its length as LEB128, the text                            |
//! | …     | the value's text                                                         |

use crate::record;

/// A row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FoundRow<'a> {
    /// Its place in the order.
    pub order: &'a [u8],
    /// Its key as text.
    pub key: &'a [u8],
    /// Its value as text.
    pub value: &'a [u8],
}

const SAME: u8 = 0;
const OTHER: u8 = 1;

/// What comes before the value's text if the key's text is the same as the place.
pub(super) const SAME_KEY: &[u8] = &[SAME];

/// Writes what comes before the value's text if the key's text is `key`.
pub(super) fn put_key(into: &mut Vec<u8>, key: &[u8]) {
    into.push(OTHER);
    record::put_number(into, key.len() as u64);
    into.extend_from_slice(key);
}

impl<'a> FoundRow<'a> {
    /// The row that a pair is; `None` if it is none.
    #[inline]
    pub(super) fn of((order, value): (&'a [u8], &'a [u8])) -> Option<Self> {
        let (mark, mut value) = value.split_first()?;
        let key = match *mark {
            SAME => order,
            OTHER => {
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

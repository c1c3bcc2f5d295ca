//! The byte-order mark, which some programs write at the start of a file.

use mapreduce_core::TextEncoding;

/// Byte-order mark of UTF-8. It belongs to the file, and not to its first record.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Byte-order mark at the start of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByteOrderMark {
    /// Mark of UTF-8.
    Utf8,
    /// Mark of UTF-16, with the encoding that it names.
    Utf16(TextEncoding),
}

impl ByteOrderMark {
    /// Returns the mark at the start of `bytes`.
    pub(crate) fn at_start_of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xff, 0xfe, ..] => Some(Self::Utf16(TextEncoding::UTF_16LE)),
            [0xfe, 0xff, ..] => Some(Self::Utf16(TextEncoding::UTF_16BE)),
            _ if bytes.starts_with(BYTE_ORDER_MARK) => Some(Self::Utf8),
            _ => None,
        }
    }
}

/// Returns the length of the byte-order mark of UTF-8 at the start of `bytes`, or 0.
pub fn mark_len(bytes: &[u8]) -> usize {
    match bytes.starts_with(BYTE_ORDER_MARK) {
        true => BYTE_ORDER_MARK.len(),
        false => 0,
    }
}

//! The byte-order mark of UTF-8, which some programs write at the start of a file.

/// Byte-order mark of UTF-8. It belongs to the file, and not to its first record.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Returns the length of the byte-order mark at the start of `bytes`, or 0.
pub fn mark_len(bytes: &[u8]) -> usize {
    match bytes.starts_with(BYTE_ORDER_MARK) {
        true => BYTE_ORDER_MARK.len(),
        false => 0,
    }
}

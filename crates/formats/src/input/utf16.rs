//! Recognition of UTF-16 without a byte-order mark.

use mapreduce_core::TextEncoding;

/// Minimum number of first bytes in which [`resembles_utf16`] finds UTF-16.
const MIN_BYTES: usize = 8;

/// Returns the encoding of a text in UTF-16 without a byte-order mark, if `head` looks like the start of one: nearly
/// every second byte is zero, as in text of Latin letters, and no other byte is.
pub(super) fn resembles_utf16(head: &[u8]) -> Option<TextEncoding> {
    let (units, _) = head.as_chunks::<2>();
    if head.len() < MIN_BYTES {
        return None;
    }
    let zeros = |at: usize| units.iter().filter(|unit| unit[at] == 0).count();
    let most = units.len() * 9 / 10;
    match (zeros(0), zeros(1)) {
        (0, high) if high > most => Some(TextEncoding::UTF_16LE),
        (high, 0) if high > most => Some(TextEncoding::UTF_16BE),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf16_without_a_mark_is_recognised_in_latin_text() {
        let text = "id,name\n1,café\n";
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(resembles_utf16(&le), Some(TextEncoding::UTF_16LE));
        assert_eq!(resembles_utf16(&be), Some(TextEncoding::UTF_16BE));
        for other in [
            &b""[..],
            b"a\0",
            text.as_bytes(),
            &[0; 100],
            b"a\0b\0c\0 a text with NULs",
        ] {
            assert_eq!(resembles_utf16(other), None, "{other:?}");
        }
    }
}

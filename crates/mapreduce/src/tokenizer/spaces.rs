//! Words as the lab counts them: what lies between single spaces.

/// Calls `emit` with every piece of `record` between spaces. Empty pieces count, so an empty record
/// is one empty word; a record that is just a newline (a CSV cell can be) has no words.
#[inline]
pub fn each_between_spaces(record: &[u8], mut emit: impl FnMut(&[u8])) {
    // Words are some five bytes long: finding all spaces of eight bytes with a few word-wide
    // operations beats a call of memchr per word.
    const ONES: u64 = 0x0101_0101_0101_0101;
    const LOW_BITS: u64 = 0x7f7f_7f7f_7f7f_7f7f;
    if record == b"\n" {
        return;
    }
    let mut start = 0;
    let (chunks, tail) = record.as_chunks::<8>();
    for (at, chunk) in chunks.iter().enumerate() {
        let diff = u64::from_le_bytes(*chunk) ^ (ONES * b' ' as u64);
        // The exact test for zero bytes: no borrow runs into a neighbour.
        let mut spaces = !(((diff & LOW_BITS) + LOW_BITS) | diff | LOW_BITS);
        while spaces != 0 {
            let space = at * 8 + (spaces.trailing_zeros() / 8) as usize;
            emit(&record[start..space]);
            start = space + 1;
            spaces &= spaces - 1;
        }
    }
    let tail_at = record.len() - tail.len();
    for (at, byte) in tail.iter().enumerate() {
        if *byte == b' ' {
            emit(&record[start..tail_at + at]);
            start = tail_at + at + 1;
        }
    }
    emit(&record[start..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(record: &[u8]) -> Vec<Vec<u8>> {
        let mut words = Vec::new();
        each_between_spaces(record, |word| words.push(word.to_vec()));
        words
    }

    #[test]
    fn empty_pieces_are_words() {
        assert_eq!(cut(b""), [b""]);
        assert_eq!(cut(b" "), [b"", b""]);
        assert_eq!(cut(b"a  b "), [&b"a"[..], b"", b"b", b""]);
    }

    #[test]
    fn a_record_that_is_just_a_newline_has_no_words() {
        assert!(cut(b"\n").is_empty());
        assert_eq!(cut(b"\n\n"), [b"\n\n"]);
    }

    #[test]
    fn only_the_space_cuts() {
        assert_eq!(
            cut("a\tb\nc\u{a0}d".as_bytes()),
            ["a\tb\nc\u{a0}d".as_bytes()]
        );
        assert_eq!(cut(b"a!\x1f\x21\xa0b"), [b"a!\x1f\x21\xa0b"]);
    }

    proptest! {
        #[test]
        fn it_cuts_as_the_standard_library_does(record in "[ a!é\t]{0,80}", bytes: Vec<u8>) {
            for record in [record.as_bytes(), &bytes].into_iter().filter(|record| *record != b"\n") {
                let expected: Vec<_> = record.split(|b| *b == b' ').map(<[u8]>::to_vec).collect();
                prop_assert_eq!(cut(record), expected);
            }
        }
    }
}

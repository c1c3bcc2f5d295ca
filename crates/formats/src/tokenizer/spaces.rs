//! Tokenizer that splits at single spaces, as the `MapReduce` lab does.

use super::simd::{Block, equal_mask};
use mapreduce_core::{Record, Word};

/// Calls `emit` with every word of `record` between single spaces.
///
/// Empty words count, so an empty record is one empty word. A record that consists of a newline, which is possible for
/// a CSV cell, has no words.
#[inline]
pub fn each_between_spaces(record: Record<'_>, mut emit: impl FnMut(Word<'_>)) {
    let (text, len) = (record.buffer, record.len);
    if record.bytes() == b"\n" {
        return;
    }
    // Words have about five bytes. A search for all spaces in 64 bytes is faster than one search per word.
    let (mut start, mut at) = (0, 0);
    while at < len {
        let mut spaces = match text[at..].first_chunk::<64>() {
            Some(block) => equal_mask(block, b' '),
            None => equal_mask(&last(&text[at..]), b' '),
        };
        if len - at < 64 {
            spaces &= (1 << (len - at)) - 1;
        }
        while spaces != 0 {
            let space = at + spaces.trailing_zeros() as usize;
            emit(Word::prefix(&text[start..], space - start));
            start = space + 1;
            spaces &= spaces - 1;
        }
        at += 64;
    }
    emit(Word::prefix(&text[start..], len - start));
}

/// Returns the last bytes of a text, fewer than a block, padded to a block.
#[cold]
fn last(rest: &[u8]) -> Block {
    let mut block = [0; 64];
    block[..rest.len()].copy_from_slice(rest);
    block
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(record: &[u8]) -> Vec<Vec<u8>> {
        let mut words = Vec::new();
        each_between_spaces(record.into(), |word| words.push(word.bytes().to_vec()));
        words
    }

    #[test]
    fn empty_words_count() {
        assert_eq!(cut(b""), [b""]);
        assert_eq!(cut(b" "), [b"", b""]);
        assert_eq!(cut(b"a  b "), [&b"a"[..], b"", b"b", b""]);
    }

    #[test]
    fn a_record_that_consists_of_a_newline_has_no_words() {
        assert!(cut(b"\n").is_empty());
        assert_eq!(cut(b"\n\n"), [b"\n\n"]);
    }

    #[test]
    fn only_the_space_separates_words() {
        assert_eq!(
            cut("a\tb\nc\u{a0}d".as_bytes()),
            ["a\tb\nc\u{a0}d".as_bytes()]
        );
        assert_eq!(cut(b"a!\x1f\x21\xa0b"), [b"a!\x1f\x21\xa0b"]);
    }

    #[test]
    fn bytes_after_the_record_do_not_change_its_words() {
        let text = b"some words  and more of them ".repeat(9);
        for (start, end) in [
            (0, 0),
            (3, 3),
            (0, 64),
            (1, 66),
            (5, 200),
            (100, text.len()),
        ] {
            let mut words = Vec::new();
            each_between_spaces(Record::within(&text, start..end, 0), |word| {
                words.push(word.bytes().to_vec());
            });
            assert_eq!(words, cut(&text[start..end]));
        }
    }

    proptest! {
        #[test]
        fn words_equal_those_of_the_standard_library(record in "[ a!é\t]{0,200}", bytes: Vec<u8>) {
            for record in [record.as_bytes(), &bytes].into_iter().filter(|record| *record != b"\n") {
                let expected: Vec<_> = record.split(|b| *b == b' ').map(<[u8]>::to_vec).collect();
                prop_assert_eq!(cut(record), expected);
            }
        }
    }
}

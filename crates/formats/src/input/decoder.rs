//! Decoder of text in other encodings.

use std::fmt;
use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, mem};
use mapreduce_core::TextEncoding;

/// Size of a read of encoded bytes. A block and its text fit the second-level cache of a core.
const BLOCK: usize = 32 << 10;

/// Longest UTF-8 text of a byte that was read, in bytes, and a reserve for the state of a decoder.
const GROWTH: (usize, usize) = (3, 64);

/// Text in place of a sequence that cannot be decoded. It is invalid UTF-8, a single sequence as long as U+FFFD, so
/// that record readers count it and replace it by U+FFFD.
const UNDECODABLE: &[u8] = b"\xf0\x90\x80";

/// Reader that decodes text to UTF-8. A byte-order mark of the encoding is dropped.
///
/// A sequence that cannot be decoded becomes [`UNDECODABLE`].
pub(super) struct DecodedText<R> {
    input: R,
    conversion: Conversion,
    raw: Buffer,
    text: Buffer,
    /// True if the input has ended.
    at_end: bool,
    /// True if the decoder has returned all text.
    is_finished: bool,
}

/// Conversion of bytes to UTF-8.
enum Conversion {
    Latin1,
    Standard(Box<Decoder>),
}

/// Bytes that are filled at once and taken in parts.
struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl<R: Read> DecodedText<R> {
    /// Creates the reader without reading from `input`.
    pub(super) fn new(input: R, encoding: TextEncoding) -> Self {
        Self::in_blocks(BLOCK, input, encoding)
    }

    fn in_blocks(block: usize, input: R, encoding: TextEncoding) -> Self {
        let (factor, reserve) = GROWTH;
        Self {
            input,
            conversion: match encoding {
                TextEncoding::Latin1 => Conversion::Latin1,
                TextEncoding::Standard(encoding) => {
                    Conversion::Standard(Box::new(encoding.new_decoder_with_bom_removal()))
                }
            },
            raw: Buffer::new(block),
            text: Buffer::new(block * factor + reserve),
            at_end: false,
            is_finished: false,
        }
    }

    /// Reads a block if the last one is decoded, and decodes it as far as the text fits.
    fn fill(&mut self) -> io::Result<()> {
        if self.raw.is_empty() && !self.at_end {
            let len = self.input.read(&mut self.raw.bytes)?;
            (self.raw.start, self.raw.end) = (0, len);
            self.at_end = len == 0;
        }
        let raw = &self.raw.bytes[self.raw.start..self.raw.end];
        self.text.start = 0;
        match &mut self.conversion {
            Conversion::Latin1 => {
                self.text.end = mem::convert_latin1_to_utf8(raw, &mut self.text.bytes);
                self.raw.start = self.raw.end;
                self.is_finished = self.at_end;
            }
            Conversion::Standard(decoder) => {
                let room = self.text.bytes.len() - UNDECODABLE.len();
                let into = &mut self.text.bytes[..room];
                let (result, read, written) =
                    decoder.decode_to_utf8_without_replacement(raw, into, self.at_end);
                self.raw.start += read;
                self.text.end = written;
                match result {
                    DecoderResult::InputEmpty => self.is_finished = self.at_end,
                    DecoderResult::OutputFull => {}
                    DecoderResult::Malformed(..) => self.text.push(UNDECODABLE),
                }
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for DecodedText<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.text.is_empty() {
            if self.is_finished {
                return Ok(0);
            }
            self.fill()?;
        }
        Ok(self.text.take(into))
    }
}

impl<R> fmt::Debug for DecodedText<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecodedText").finish_non_exhaustive()
    }
}

impl Buffer {
    fn new(len: usize) -> Self {
        Self {
            bytes: vec![0; len],
            start: 0,
            end: 0,
        }
    }

    fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// Appends bytes, for which the buffer has room.
    fn push(&mut self, bytes: &[u8]) {
        let end = self.end + bytes.len();
        self.bytes[self.end..end].copy_from_slice(bytes);
        self.end = end;
    }

    /// Moves bytes to `into`, as many as fit. Returns their number.
    fn take(&mut self, into: &mut [u8]) -> usize {
        let len = into.len().min(self.end - self.start);
        into[..len].copy_from_slice(&self.bytes[self.start..self.start + len]);
        self.start += len;
        len
    }
}

#[cfg(test)]
mod tests {
    use mapreduce_core::InputEncoding;
    use proptest::prelude::*;

    use super::*;

    fn encoding(name: &str) -> TextEncoding {
        match InputEncoding::parse(name) {
            Some(InputEncoding::Other(encoding)) => encoding,
            other => panic!("{name}: {other:?}"),
        }
    }

    fn decode(bytes: &[u8], name: &str, block: usize) -> Vec<u8> {
        let mut text = Vec::new();
        let mut reader = DecodedText::in_blocks(block, bytes, encoding(name));
        reader.read_to_end(&mut text).unwrap();
        text
    }

    /// Returns the text with U+FFFD for each sequence that cannot be decoded.
    fn text(bytes: &[u8], name: &str) -> String {
        let whole = decode(bytes, name, BLOCK);
        for block in 1..9 {
            assert_eq!(
                decode(bytes, name, block),
                whole,
                "{name}, blocks of {block}"
            );
        }
        String::from_utf8_lossy(&whole).into_owned()
    }

    #[test]
    fn every_encoding_is_decoded_with_any_block_size() {
        for (name, bytes, expected) in [
            ("latin-1", &b"caf\xe9\x80\xff"[..], "café\u{80}ÿ"),
            ("windows-1252", b"caf\xe9\x80\xff", "café€ÿ"),
            ("utf-16le", b"a\0\xac\x20\x3d\xd8\x00\xde", "a€😀"),
            ("utf-16be", b"\0a\x20\xac\xd8\x3d\xde\x00", "a€😀"),
            ("utf-16le", b"\xff\xfea\0\xff\xfe", "a\u{feff}"),
            ("utf-16be", b"\xfe\xff\0a", "a"),
            ("shift_jis", b"\x93\xfa\x96{\xb1", "日本ｱ"),
            ("gbk", b"\xd6\xd0\xce\xc4", "中文"),
            ("euc-kr", b"\xc7\xd1\xb1\xdb", "한글"),
            ("iso-8859-2", b"\xb1\xea", "ąę"),
            ("koi8-r", b"\xcd\xc9\xd2", "мир"),
            ("iso-2022-jp", b"\x1b$BF|K\\\x1b(B.", "日本."),
        ] {
            assert_eq!(text(bytes, name), expected, "{name}");
        }
    }

    #[test]
    fn each_undecodable_sequence_becomes_one_invalid_sequence() {
        for (name, bytes, expected) in [
            ("utf-16le", &b"a\0b"[..], "a\u{fffd}"),
            ("utf-16le", b"\x3d\xd8a\0\x3d\xd8", "\u{fffd}a\u{fffd}"),
            ("utf-16be", b"\xde\x00\xde\x00\0a", "\u{fffd}\u{fffd}a"),
            ("shift_jis", b"a\x93", "a\u{fffd}"),
            ("gbk", b"\xffa", "\u{fffd}a"),
        ] {
            assert_eq!(text(bytes, name), expected, "{name}: {bytes:?}");
            let decoded = decode(bytes, name, BLOCK);
            assert_eq!(decoded.len(), expected.len(), "{name}: {bytes:?}");
            let valid = expected.chars().all(|c| c != '\u{fffd}');
            assert_eq!(std::str::from_utf8(&decoded).is_ok(), valid);
        }
    }

    proptest! {
        #[test]
        fn decoding_of_any_bytes_equals_that_of_the_whole(
            bytes: Vec<u8>, block in 1usize..40,
            name in prop::sample::select(vec!["utf-16le", "utf-16be", "gb18030", "big5", "euc-jp", "windows-1252"]),
        ) {
            let TextEncoding::Standard(standard) = encoding(name) else {
                unreachable!();
            };
            let (expected, _) = standard.decode_with_bom_removal(&bytes);
            let found = decode(&bytes, name, block);
            prop_assert_eq!(String::from_utf8_lossy(&found), expected);
        }

        #[test]
        fn latin_1_maps_each_byte_to_the_character_of_its_number(bytes: Vec<u8>, block in 1usize..40) {
            let expected: String = bytes.iter().map(|byte| char::from(*byte)).collect();
            prop_assert_eq!(decode(&bytes, "latin-1", block), expected.into_bytes());
        }
    }
}

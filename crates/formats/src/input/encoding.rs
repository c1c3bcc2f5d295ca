//! Choice of the encoding of a file, by the setting and by its first bytes.

use mapreduce_core::{InputEncoding, InputFormat};

use super::content_kind;
use super::error::InputError;
use super::found_file::FoundFile;
use crate::byte_order_mark::ByteOrderMark;

/// Sets the encoding of `file` by `setting` and by its byte-order mark, which takes precedence. Parquet has none.
///
/// # Errors
/// The file starts with a mark of UTF-16, but the setting is UTF-8.
pub fn with_encoding(file: FoundFile, setting: InputEncoding) -> Result<FoundFile, InputError> {
    let is_whole = file.format == InputFormat::Whole;
    let encoding = match (setting, file.mark) {
        _ if file.format == InputFormat::Parquet => None,
        // With `whole`, the job gets all bytes as they are.
        (InputEncoding::Utf8, _) if is_whole => None,
        (InputEncoding::Utf8, Some(ByteOrderMark::Utf16(_))) => {
            return Err(content_kind::utf16_refused(&file));
        }
        (InputEncoding::Utf8, _) | (_, Some(ByteOrderMark::Utf8)) => None,
        (_, Some(ByteOrderMark::Utf16(encoding))) => Some(encoding),
        (InputEncoding::Other(encoding), None) => Some(encoding),
        (InputEncoding::Auto, None) => None,
    };
    Ok(FoundFile { encoding, ..file })
}

#[cfg(test)]
mod tests {
    use mapreduce_core::TextEncoding;

    use super::*;

    fn file(mark: Option<ByteOrderMark>, format: InputFormat) -> FoundFile {
        FoundFile {
            path: "a.txt".into(),
            input_index: 0,
            relative: String::new(),
            len: 9,
            modified: 0,
            format,
            compression: None,
            mark,
            resembles: None,
            encoding: None,
        }
    }

    #[test]
    fn a_mark_takes_precedence_over_the_setting() {
        let (le, be) = (TextEncoding::UTF_16LE, TextEncoding::UTF_16BE);
        let latin = InputEncoding::Other(TextEncoding::Latin1);
        let (utf8, utf16) = (ByteOrderMark::Utf8, ByteOrderMark::Utf16(be));
        for (setting, mark, expected) in [
            (InputEncoding::Auto, None, None),
            (InputEncoding::Auto, Some(utf16), Some(be)),
            (InputEncoding::Auto, Some(utf8), None),
            (InputEncoding::Utf8, Some(utf8), None),
            (latin, None, Some(TextEncoding::Latin1)),
            (latin, Some(utf8), None),
            (latin, Some(utf16), Some(be)),
            (InputEncoding::Other(le), Some(utf16), Some(be)),
            (InputEncoding::Other(le), None, Some(le)),
        ] {
            let found = with_encoding(file(mark, InputFormat::Text), setting).unwrap();
            assert_eq!(found.encoding, expected, "{setting:?} {mark:?}");
        }
        let parquet = with_encoding(file(None, InputFormat::Parquet), latin).unwrap();
        assert_eq!(parquet.encoding, None);
    }

    #[test]
    fn utf16_is_refused_as_utf8_but_not_as_bytes() {
        let mark = Some(ByteOrderMark::Utf16(TextEncoding::UTF_16LE));
        let utf8 = InputEncoding::Utf8;
        let error = with_encoding(file(mark, InputFormat::Csv), utf8).unwrap_err();
        let message = error.to_string();
        assert!(
            message.contains("UTF-16") && message.contains("input.encoding"),
            "{message}"
        );
        let whole = with_encoding(file(mark, InputFormat::Whole), utf8).unwrap();
        assert_eq!(whole.encoding, None);
    }
}

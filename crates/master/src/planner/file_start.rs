//! The first bytes of a file of lines, which show whether it is what its format says.

use std::path::Path;

use mapreduce_core::FileFormat;
use mapreduce_formats::byte_order_mark::mark_len;
use mapreduce_formats::input::InputError;
use serde::de::IgnoredAny;
use tracing::warn;

/// Number of bytes to check.
pub(super) const START_BYTES: usize = 64 << 10;

/// Checks the first bytes of the file at `path`, and returns the offset of its first record.
///
/// # Errors
/// The lines of the file end with CR alone, or a JSON value continues on the next line.
pub(super) fn first_record(
    path: &Path,
    start: &[u8],
    format: &FileFormat,
) -> Result<u64, InputError> {
    let mark = mark_len(start);
    let text = &start[mark..];
    if text.contains(&b'\r') && !text.contains(&b'\n') {
        if *format != FileFormat::Text {
            let path = path.to_path_buf();
            return Err(InputError::LoneCr { path });
        }
        warn!(
            path = %path.display(),
            "the file contains carriage returns (CR) but no line feeds (LF); convert its line ends if they are CR alone"
        );
    }
    if matches!(format, FileFormat::Ndjson { .. }) && has_value_of_several_lines(text) {
        let path = path.to_path_buf();
        return Err(InputError::IndentedJson { path });
    }
    Ok(mark as u64)
}

/// Returns true if the first JSON value continues after the end of its first line.
fn has_value_of_several_lines(text: &[u8]) -> bool {
    let blank = text.iter().take_while(|byte| byte.is_ascii_whitespace());
    let text = &text[blank.count()..];
    let Some(line) = text.iter().position(|byte| *byte == b'\n') else {
        return false;
    };
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => values.byte_offset() > line,
        Some(Err(error)) => error.is_eof(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_json_value_of_several_lines_is_found() {
        for (text, expected) in [
            ("{\n  \"k\": 1\n}\n", true),
            ("[\n{\"k\":1},\n{\"k\":2}\n]\n", true),
            ("[{\"k\":1},\n{\"k\":2}]", true),
            ("[1,\n2,", true),
            ("\n {\n", true),
            ("{\"k\":1}\n{\"k\":2}\n", false),
            ("\n[1, 2]\n[3]\n", false),
            ("oops\n{\n", false),
            ("{\"k\":1", false),
            ("", false),
        ] {
            let found = has_value_of_several_lines(text.as_bytes());
            assert_eq!(found, expected, "{text:?}");
        }
    }
}

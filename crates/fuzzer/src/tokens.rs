//! Tokens of the input formats, in the dictionary format of libFuzzer.

use std::fs;
use std::io;
use std::path::Path;

/// Reads the tokens of a dictionary: quoted strings, one per line, with `\xNN` for bytes.
///
/// # Errors
/// The file cannot be read or contains an invalid line.
pub(crate) fn read(path: &Path) -> io::Result<Vec<Vec<u8>>> {
    let named = |text: String| io::Error::other(format!("{}: {text}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| parse(line).ok_or_else(|| named(format!("invalid token {line}"))))
        .collect()
}

/// Parses one line, or returns `None` if it is invalid.
fn parse(line: &str) -> Option<Vec<u8>> {
    let inner = line.strip_prefix('"')?.strip_suffix('"')?;
    let mut bytes = inner.bytes();
    let mut token = Vec::new();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => match bytes.next()? {
                b'x' => {
                    let digits = [bytes.next()?, bytes.next()?];
                    let digits = std::str::from_utf8(&digits).ok()?;
                    token.push(u8::from_str_radix(digits, 16).ok()?);
                }
                escaped => token.push(escaped),
            },
            _ => token.push(byte),
        }
    }
    Some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_parsed_with_their_escapes() {
        assert_eq!(parse(r#""a\x0d\x0a\"\\""#).unwrap(), b"a\r\n\"\\");
        assert_eq!(parse(r#""open"#), None);
        assert_eq!(parse(r#""\x0""#), None);
    }
}

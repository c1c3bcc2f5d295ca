//! Text of JSON values.

use serde_json::value::RawValue;

/// Returns the text of a value if its JSON contains the text unchanged.
pub(super) fn plain(value: &RawValue) -> Option<&str> {
    let json = value.get();
    match json.as_bytes() {
        [b'"', text @ .., b'"'] => {
            let plain = memchr::memchr(b'\\', text).is_none();
            plain.then(|| &json[1..json.len() - 1])
        }
        [b'[' | b'{', ..] => None,
        _ => Some(json),
    }
}

/// Appends the content of a string, or the JSON of another value without spaces. Returns the number of replaced lone
/// surrogates.
pub(super) fn put(value: &RawValue, into: &mut Vec<u8>) -> u64 {
    let json = value.get();
    match json.as_bytes() {
        [b'"', text @ .., b'"'] => unescape(text, into),
        other => {
            compact(other, into);
            0
        }
    }
}

/// Appends valid JSON without the white space between its tokens.
fn compact(json: &[u8], into: &mut Vec<u8>) {
    let mut rest = json;
    while let Some((byte, behind)) = rest.split_first() {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => rest = behind,
            b'"' => {
                let (text, behind) = rest.split_at(string(rest));
                into.extend_from_slice(text);
                rest = behind;
            }
            other => {
                into.push(*other);
                rest = behind;
            }
        }
    }
}

/// Returns the length of the string at the start of valid JSON, including its quotes.
fn string(json: &[u8]) -> usize {
    let mut at = 1;
    while let Some(stop) = memchr::memchr2(b'"', b'\\', json.get(at..).unwrap_or_default()) {
        at += stop;
        if json[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    json.len()
}

/// Appends the content of a string, given the text between its quotes. Returns the number of replaced lone surrogates.
fn unescape(json: &[u8], into: &mut Vec<u8>) -> u64 {
    let (mut rest, mut halves) = (json, 0);
    while let Some(escape) = memchr::memchr(b'\\', rest) {
        into.extend_from_slice(&rest[..escape]);
        let code = rest.get(escape + 1).copied().unwrap_or(b'\\');
        rest = rest.get(escape + 2..).unwrap_or_default();
        let byte = match code {
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let (c, behind) = character(rest);
                let c = c.unwrap_or_else(|| {
                    halves += 1;
                    char::REPLACEMENT_CHARACTER
                });
                into.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                rest = behind;
                continue;
            }
            itself => itself,
        };
        into.push(byte);
    }
    into.extend_from_slice(rest);
    halves
}

/// Parses the digits of a `\u` escape and a second escape of a surrogate pair. Returns the character and the rest;
/// `None` is a lone surrogate.
fn character(rest: &[u8]) -> (Option<char>, &[u8]) {
    let (first, behind) = unit(rest);
    if let Some(c) = char::from_u32(first) {
        return (Some(c), behind);
    }
    let second = behind.strip_prefix(b"\\u").map(unit);
    if let (0xd800..0xdc00, Some((low @ 0xdc00..0xe000, behind))) = (first, second) {
        let c = 0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00);
        return (char::from_u32(c), behind);
    }
    (None, behind)
}

/// Parses four hexadecimal digits. Returns the UTF-16 code unit and the rest.
fn unit(rest: &[u8]) -> (u32, &[u8]) {
    let (digits, behind) = rest.split_at(rest.len().min(4));
    let digit = |digit: &u8| (*digit as char).to_digit(16).unwrap_or(0);
    let number = digits.iter().fold(0, |number, d| number << 4 | digit(d));
    (number, behind)
}

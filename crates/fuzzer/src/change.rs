//! Ways to change an input: some of bytes, some of what texts and codecs are made of.

use crate::json;
use crate::numbers::Numbers;

/// What opens, closes, parts or escapes something in one of the formats, and what is odd as text.
const TOKENS: &[&str] = &[
    "\n",
    "\r\n",
    "\r",
    "\t",
    ",",
    ";",
    "|",
    "\"",
    "\"\"",
    "'",
    "\\",
    "=",
    ":",
    ".",
    "..",
    "/",
    "~1",
    "~0",
    "-",
    "+",
    "{",
    "}",
    "[",
    "]",
    "{\"",
    "\":",
    "null",
    "true",
    "false",
    "\\u0000",
    "\\ud800",
    "\\udc00",
    "#",
    "[[",
    "]]",
    "\0",
    "\u{feff}",
    "\u{fffd}",
    "\u{e9}",
    "\u{1f600}",
    "e",
    "E9",
    "0x",
    "%",
    "KiB",
    "ms",
    "GB",
    "y",
    "*1\r\n",
    "$-1\r\n",
    "*-1\r\n",
    "_\r\n",
    ":1\r\n",
    "+OK\r\n",
    "reporter:counter:",
    "reporter:status:",
];

/// Numbers at which something ends.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "2",
    "7",
    "10",
    "255",
    "256",
    "4095",
    "4096",
    "4097",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "9007199254740992",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "340282366920938463463374607431768211456",
    "0.1",
    "1e9",
    "1e308",
    "1e309",
    "-1e-400",
    "00",
    "1.7976931348623157e308",
    "nan",
    "inf",
];

/// The same as bytes.
const INTEGERS: &[u64] = &[
    0,
    1,
    2,
    16,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0x8000,
    0xffff,
    0x10000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    1 << 32,
    (1 << 53) + 1,
    u64::MAX >> 1,
    1 << 63,
    u64::MAX - 16,
    u64::MAX,
];

/// Changes `input` in one way; `other` is another input that something may be taken from.
pub(crate) fn change(input: &mut Vec<u8>, other: &[u8], numbers: &mut Numbers) {
    match numbers.below(14) {
        0 => flip(input, numbers),
        1 => set(input, numbers),
        2 => insert_random(input, numbers),
        3 => drop(input.drain(numbers.stretch(input.len()))),
        4 => repeat(input, numbers),
        5 => take_from(input, other, numbers),
        6 | 7 => {
            let at = numbers.place(input.len());
            let token = numbers.one_of(TOKENS).as_bytes();
            input.splice(at..at, token.iter().copied());
        }
        8 => nest(input, numbers),
        9 => replace_number(input, numbers),
        10 => set_integer(input, numbers),
        11 => input.truncate(numbers.place(input.len())),
        12 => json::replace_value(input, other, numbers),
        _ => json::drop_value(input, numbers),
    }
}

fn flip(input: &mut [u8], numbers: &mut Numbers) {
    let (at, bit) = (numbers.place(input.len()), numbers.below(8));
    if let Some(byte) = input.get_mut(at) {
        *byte ^= 1 << bit;
    }
}

fn set(input: &mut [u8], numbers: &mut Numbers) {
    let (at, to) = (numbers.place(input.len()), numbers.below(256) as u8);
    if let Some(byte) = input.get_mut(at) {
        *byte = to;
    }
}

fn insert_random(input: &mut Vec<u8>, numbers: &mut Numbers) {
    let (at, len) = (numbers.place(input.len()), numbers.below(9));
    let bytes: Vec<u8> = (0..len).map(|_| numbers.below(256) as u8).collect();
    input.splice(at..at, bytes);
}

fn repeat(input: &mut Vec<u8>, numbers: &mut Numbers) {
    let stretch = numbers.stretch(input.len());
    let again = input[stretch.clone()].repeat(1 + numbers.below(4) as usize);
    input.splice(stretch.end..stretch.end, again);
}

fn take_from(input: &mut Vec<u8>, other: &[u8], numbers: &mut Numbers) {
    let (from, into) = (numbers.stretch(other.len()), numbers.stretch(input.len()));
    input.splice(into, other[from].iter().copied());
}

/// Many of one thing in a row: depth, for what is recursive.
fn nest(input: &mut Vec<u8>, numbers: &mut Numbers) {
    let at = numbers.place(input.len());
    let token = numbers.one_of(&["[", "{\"a\":", "\"", "(", "*1\r\n", "\n", "a.", "[["]);
    let many = token.repeat(1 + numbers.below(200) as usize);
    input.splice(at..at, many.bytes());
}

/// Another number in place of one that is spelled out.
fn replace_number(input: &mut Vec<u8>, numbers: &mut Numbers) {
    let from = numbers.place(input.len());
    let Some(start) = (from..input.len()).find(|at| input[*at].is_ascii_digit()) else {
        return;
    };
    let digits = input[start..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit());
    let end = start + digits.count();
    let number = numbers.one_of(NUMBERS).as_bytes();
    input.splice(start..end, number.iter().copied());
}

/// Another number in place of some bytes, which may be one.
fn set_integer(input: &mut [u8], numbers: &mut Numbers) {
    let width = 1 << numbers.below(4);
    let near = numbers.below(3);
    let number = numbers.one_of(INTEGERS).wrapping_add(u64::from(near));
    let at = numbers.place(input.len().saturating_sub(width));
    if let Some(place) = input.get_mut(at..at + width) {
        place.copy_from_slice(&number.to_le_bytes()[..width]);
    }
}

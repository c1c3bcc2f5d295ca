//! Changes of JSON that leave it JSON, mostly.

use std::ops::Range;

use crate::numbers::Numbers;

/// Values that fit somewhere, and mostly do not.
const VALUES: &[&str] = &[
    "null",
    "true",
    "0",
    "-1",
    "1.5",
    "4294967296",
    "18446744073709551615",
    "1e400",
    "\"\"",
    "\"a\"",
    "\"..\"",
    "\"/etc/passwd\"",
    "\"\\u0000\"",
    "[]",
    "{}",
    "[0]",
    "[\"\",\"\"]",
    "{\"a\":{}}",
    "[[[[[[[[]]]]]]]]",
];

/// Puts another value in place of one: one of `other`, or one that is odd.
pub(crate) fn replace_value(input: &mut Vec<u8>, other: &[u8], numbers: &mut Numbers) {
    let (Some(place), taken) = (value(input, numbers), value(other, numbers)) else {
        return;
    };
    let by = match taken {
        Some(taken) if numbers.below(2) == 0 => &other[taken],
        _ => numbers.one_of(VALUES).as_bytes(),
    };
    input.splice(place, by.iter().copied());
}

/// Leaves a value out, with what comes before it up to a comma or a bracket.
pub(crate) fn drop_value(input: &mut Vec<u8>, numbers: &mut Numbers) {
    let Some(place) = value(input, numbers) else {
        return;
    };
    let mut before = input[..place.start].iter();
    let start = before.rposition(|byte| b",[{".contains(byte));
    let mut end = place.end;
    if input.get(end) == Some(&b',') {
        end += 1;
    }
    input.drain(start.map_or(0, |start| start + 1)..end);
}

/// The place of the first value behind somewhere.
fn value(text: &[u8], numbers: &mut Numbers) -> Option<Range<usize>> {
    let from = numbers.place(text.len());
    let start = (from..text.len()).find(|at| text[*at] == b':' || text[*at] == b'[')? + 1;
    let rest = &text[start..];
    let len = match rest.first()? {
        b'"' => string(rest),
        b'[' | b'{' => nested(rest),
        _ => rest
            .iter()
            .position(|byte| b",]}\n".contains(byte))
            .unwrap_or(rest.len()),
    };
    Some(start..start + len)
}

/// The length of the string that a text begins with.
fn string(text: &[u8]) -> usize {
    let mut escaped = false;
    for (at, byte) in text.iter().enumerate().skip(1) {
        match byte {
            b'"' if !escaped => return at + 1,
            b'\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

/// The length of the array or object that a text begins with.
fn nested(text: &[u8]) -> usize {
    let (mut depth, mut at) = (0usize, 0);
    while at < text.len() {
        match text[at] {
            b'"' => {
                at += string(&text[at..]);
                continue;
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
        if depth == 0 {
            break;
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ends_where_it_ends() {
        assert_eq!(string(br#""a\"b\\", 1"#), 8);
        assert_eq!(string(b"\"open"), 5);
        assert_eq!(nested(br#"{"a}": [1, {}]}, 2"#), 15);
        assert_eq!(nested(b"[[["), 3);
    }

    #[test]
    fn what_is_changed_is_mostly_json_still() {
        let text = br#"{"a":1,"b":[2,{"c":"x"}],"d":null}"#;
        let bracketed =
            |changed: &[u8]| changed.first() == Some(&b'{') && changed.last() == Some(&b'}');
        let whole = (0..1000).filter(|number| {
            let mut input = text.to_vec();
            replace_value(&mut input, text, &mut Numbers::new(3, *number));
            bracketed(&input)
        });
        assert!(whole.count() > 900);
    }
}

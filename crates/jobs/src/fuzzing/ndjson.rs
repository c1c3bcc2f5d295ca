//! Fields of NDJSON by JSON pointers, compared with the same fields of fully parsed values.

use serde_json::Value;

use super::reading::{Slow, read};
use mapreduce_core::FileFormat;

const POINTERS: [&str; 5] = ["/a", "/a/b", "/0", "/a/0/b", "/~1a~0"];

/// Checks that JSON pointers select the same fields as in fully parsed lines, for any block size.
///
/// # Panics
/// If the records, fields or counters differ.
pub fn ndjson(input: &[u8]) {
    let Some((setup, text)) = input.split_first_chunk::<2>() else {
        return;
    };
    let [block, which] = setup.map(usize::from);
    let first = which % POINTERS.len();
    let pointers = [first, (first + which / 16) % POINTERS.len()];
    let format = FileFormat::Ndjson {
        pointers: pointers.map(|at| POINTERS[at].to_owned()).to_vec(),
    };
    let read = read(Slow(text, 1 + block % 32), &format, 0, Some(1));
    let read = read.expect("memory can be read");
    let (mut expected, mut short, mut offset) = (Vec::new(), 0, 0);
    for (nth, line) in text.split_inclusive(|byte| *byte == b'\n').enumerate() {
        let json = String::from_utf8_lossy(line);
        let json = json.strip_suffix('\n').unwrap_or(&json);
        let valid = serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok();
        match serde_json::from_str::<Value>(json) {
            Ok(value) => {
                let field = |at: usize| value.pointer(POINTERS[at]).cloned();
                expected.push((offset, nth as u64 + 1, pointers.map(field)));
            }
            // `Value` cannot represent all valid JSON, such as huge numbers, lone surrogates and deep nesting.
            Err(_) if valid => return,
            Err(_) => short += u64::from(!json.trim_ascii().is_empty()),
        }
        offset += line.len() as u64;
    }
    assert_eq!(read.counters.invalid_json, short);
    assert_eq!(read.counters.records, expected.len() as u64);
    for ((at, line, text, fields), (offset, number, values)) in read.records.iter().zip(&expected) {
        assert_eq!((*at, *line), (*offset, Some(*number)));
        let texts: Vec<_> = fields.iter().map(|f| f.as_deref().unwrap_or("")).collect();
        assert_eq!(*text, texts.join("\t"));
        for (field, value) in fields.iter().zip(values) {
            assert!(
                same(field.as_deref(), value.as_ref()),
                "{field:?} {value:?}"
            );
        }
    }
}

/// Returns true if the text of a field represents `value`.
///
/// The text is parsed before the comparison, because a [`Value`] keeps neither the spelling of numbers nor the order of
/// members.
fn same(field: Option<&str>, value: Option<&Value>) -> bool {
    match (field, value) {
        (None, None) => true,
        (Some(field), Some(Value::String(text))) => field == text,
        (Some(field), Some(value)) => {
            serde_json::from_str::<Value>(field).is_ok_and(|read| read == *value)
        }
        _ => false,
    }
}

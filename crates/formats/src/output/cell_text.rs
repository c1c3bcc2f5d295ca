//! Text of cells in each output format.

use std::io::Write;

use mapreduce_core::CellType;

/// Appends a JSON string. Invalid UTF-8 becomes U+FFFD, because JSON cannot contain it.
#[inline]
pub(super) fn json_text(into: &mut Vec<u8>, text: &[u8]) {
    let special = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
    if text.iter().any(special) || std::str::from_utf8(text).is_err() {
        return json_escaped(into, text);
    }
    into.push(b'"');
    into.extend_from_slice(text);
    into.push(b'"');
}

#[cold]
fn json_escaped(into: &mut Vec<u8>, text: &[u8]) {
    serde_json::to_writer(into, &String::from_utf8_lossy(text))
        .expect("a write to a vector succeeds");
}

/// Appends a cell as a JSON value. A missing cell, and an empty one that is not text, is `null`.
pub(super) fn json_cell(into: &mut Vec<u8>, cell_type: CellType, cell: Option<&[u8]>) {
    match (cell_type, cell) {
        (CellType::Text, Some(text)) => json_text(into, text),
        (_, None | Some(b"")) => into.extend_from_slice(b"null"),
        (_, Some(json)) => into.extend_from_slice(json),
    }
}

/// Appends a cell of CSV or TSV, in quotes if necessary. The bytes stay as they are.
#[inline]
pub(super) fn delimited_cell(into: &mut Vec<u8>, cell: &[u8], delimiter: u8) {
    let special = |byte: &u8| matches!(*byte, b'"' | b'\n' | b'\r') || *byte == delimiter;
    if !cell.iter().any(special) {
        return into.extend_from_slice(cell);
    }
    into.push(b'"');
    for byte in cell {
        if *byte == b'"' {
            into.push(b'"');
        }
        into.push(*byte);
    }
    into.push(b'"');
}

/// Appends a number in decimal digits.
#[inline]
pub(super) fn digits(into: &mut Vec<u8>, number: u64) {
    // Most counts have one digit, which needs no formatting.
    if number < 10 {
        return into.push(b'0' + number as u8);
    }
    write!(into, "{number}").expect("a write to a vector succeeds");
}

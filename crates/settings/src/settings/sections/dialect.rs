//! Functions that parse the delimiter and the dialect of tables.

use mapreduce_core::params::split_list;
use mapreduce_core::{Delimiter, Escape, Quote};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Reads the text without trimming it: a tab or a space typed as such is a valid delimiter.
pub(super) fn delimiter<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Delimiter>, D::Error> {
    untrimmed(from, |text| match text {
        "auto" => Some(Delimiter::Auto),
        "\"" | "'" => None,
        _ => character(text).map(Delimiter::Character),
    })
}

pub(super) fn quote<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Quote>, D::Error> {
    untrimmed(from, |text| match text {
        "none" => Some(Quote(None)),
        "\\" => None,
        _ => character(text).map(|character| Quote(Some(character))),
    })
}

pub(super) fn escape<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Escape>, D::Error> {
    untrimmed(from, |text| match text {
        "double" => Some(Escape::Double),
        "backslash" | "\\" => Some(Escape::Backslash),
        _ => None,
    })
}

pub(super) fn comment<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u8>, D::Error> {
    untrimmed(from, |text| match text {
        "\\" => None,
        _ => character(text),
    })
}

/// Reads a list of texts. A text with a line end could never be that of an unquoted cell.
pub(super) fn nulls<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let text = String::deserialize(from)?;
    match text.contains(['\n', '\r']) {
        true => Err(D::Error::custom("not accepted")),
        false => Ok(split_list(&text)),
    }
}

/// Parses the text without trimming it; an empty text is `None`.
fn untrimmed<'de, D: Deserializer<'de>, T>(
    from: D,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, D::Error> {
    let text = String::deserialize(from)?;
    if text.is_empty() {
        return Ok(None);
    }
    let parsed = parse(&text).ok_or_else(|| D::Error::custom("not accepted"))?;
    Ok(Some(parsed))
}

/// Returns the special character that `text` is or names.
fn character(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [b'\n' | b'\r' | 0] => None,
        [byte] if byte.is_ascii() && !byte.is_ascii_alphanumeric() => Some(*byte),
        _ => Delimiter::named(text),
    }
}

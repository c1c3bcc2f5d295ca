//! Functions that parse the texts of settings.
//!
//! Every layer contains texts; a number or a boolean that the file contains without quotes is read as its text. The
//! errors made here are placeholders: [`super::layers`] knows the setting, the value, the accepted values and the
//! origin, and replaces the message.

use std::num::NonZeroU64;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use bytesize::ByteSize;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Parses the trimmed text with `parse`.
pub(super) fn parsed<'de, D: Deserializer<'de>, T>(
    from: D,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T, D::Error> {
    parse(String::deserialize(from)?.trim()).ok_or_else(|| D::Error::custom("not accepted"))
}

/// Parses like [`parsed`]; an empty text is `None`.
pub(super) fn optional<'de, D: Deserializer<'de>, T>(
    from: D,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, D::Error> {
    parsed(from, |text| {
        if text.is_empty() {
            Some(None)
        } else {
            parse(text).map(Some)
        }
    })
}

/// Returns the trimmed text if `accept` returns `true` for it.
pub(super) fn checked<'de, D: Deserializer<'de>>(
    from: D,
    accept: impl FnOnce(&str) -> bool,
) -> Result<String, D::Error> {
    parsed(from, |text| accept(text).then(|| text.to_owned()))
}

/// The text exactly as it is, `None` if empty. It is not trimmed: the name of a column may start with a space.
pub(super) fn optional_text<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<String>, D::Error> {
    Ok(Some(String::deserialize(from)?).filter(|text| !text.is_empty()))
}

pub(super) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    parsed(from, |text| text.parse().ok())
}

pub(super) fn number<'de, D: Deserializer<'de>, T: FromStr>(from: D) -> Result<T, D::Error> {
    parsed(from, |text| text.parse().ok())
}

pub(super) fn optional_number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    optional(from, |text| text.parse().ok())
}

/// 0 is `None`.
pub(super) fn number_or_off<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<NonZeroU64>, D::Error> {
    number(from).map(NonZeroU64::new)
}

pub(super) fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    parsed(from, parse_duration)
}

/// 0 is `None`.
pub(super) fn duration_or_off<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<Duration>, D::Error> {
    Ok(Some(duration(from)?).filter(|duration| !duration.is_zero()))
}

pub(super) fn size<'de, D: Deserializer<'de>>(from: D) -> Result<NonZeroU64, D::Error> {
    parsed(from, parse_size)
}

/// Parses a size; `auto` becomes `None`.
pub(super) fn size_or_auto<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<NonZeroU64>, D::Error> {
    parsed(from, |text| {
        if text == "auto" {
            Some(None)
        } else {
            parse_size(text).map(Some)
        }
    })
}

pub(super) fn path<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
    parse_path(&String::deserialize(from)?).ok_or_else(|| D::Error::custom("an empty path"))
}

/// Parses a path; an empty text becomes `None`.
pub(super) fn optional_path<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<PathBuf>, D::Error> {
    Ok(parse_path(&String::deserialize(from)?))
}

/// Reads one path or a list of paths, at least one.
pub(super) fn paths<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<PathBuf>, D::Error> {
    let paths = paths_or_none(from)?;
    match paths.is_empty() {
        true => Err(D::Error::custom("no path")),
        false => Ok(paths),
    }
}

/// Reads one path or a list of paths; an empty text becomes an empty list.
pub(super) fn paths_or_none<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<PathBuf>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Paths {
        One(String),
        Many(Vec<String>),
    }
    let texts = match Paths::deserialize(from)? {
        Paths::One(text) if text.is_empty() => Vec::new(),
        Paths::One(text) => vec![text],
        Paths::Many(texts) => texts,
    };
    let paths: Option<Vec<_>> = texts.iter().map(|text| parse_path(text)).collect();
    paths.ok_or_else(|| D::Error::custom("an empty path"))
}

/// Parses a whole number in `range`.
pub(super) fn number_within(text: &str, range: RangeInclusive<u32>) -> Option<u32> {
    text.parse().ok().filter(|number| range.contains(number))
}

/// Parses a duration: a number with a unit, such as `1h 30m`, or 0 without a unit.
pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    if text == "0" {
        Some(Duration::ZERO)
    } else {
        humantime::parse_duration(text).ok()
    }
}

/// Parses a number of bytes, with or without a unit.
pub(super) fn parse_size(text: &str) -> Option<NonZeroU64> {
    NonZeroU64::new(text.parse::<ByteSize>().ok()?.as_u64())
}

fn parse_path(text: &str) -> Option<PathBuf> {
    (!text.is_empty()).then(|| PathBuf::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_without_a_unit_are_bytes() {
        let bytes = |text| parse_size(text).map(NonZeroU64::get);
        assert_eq!(bytes("32MiB"), Some(32 << 20));
        assert_eq!(bytes("32 MB"), Some(32_000_000));
        assert_eq!(bytes("1.5KiB"), Some(1536));
        assert_eq!(bytes("4096"), Some(4096));
        for bad in ["0", "0MiB", "-1", "", "big", "1 XB", "MiB"] {
            assert_eq!(bytes(bad), None, "{bad}");
        }
    }

    #[test]
    fn durations_have_units_except_zero() {
        assert_eq!(parse_duration("1h 30m"), Some(Duration::from_secs(5400)));
        assert_eq!(parse_duration("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(parse_duration("0"), Some(Duration::ZERO));
        assert_eq!(parse_duration("0s"), Some(Duration::ZERO));
        for bad in ["30", "", "-5s", "soon", "5 lightyears"] {
            assert_eq!(parse_duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn ranges_include_both_ends() {
        assert_eq!(number_within("1", 1..=1024), Some(1));
        assert_eq!(number_within("1024", 1..=1024), Some(1024));
        for bad in ["0", "1025", "-1", "2.5", "99999999999999999999"] {
            assert_eq!(number_within(bad, 1..=1024), None, "{bad}");
        }
    }
}

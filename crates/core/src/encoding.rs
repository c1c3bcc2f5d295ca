//! Encodings of text files.

use std::fmt;

use encoding_rs::{Encoding, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, X_USER_DEFINED};
use serde::{Deserialize, Serialize};

/// Encoding of a text file other than UTF-8.
///
/// ```
/// use mapreduce_core::TextEncoding;
/// let encoding = TextEncoding::Latin1;
/// assert_eq!(serde_json::to_string(&encoding).unwrap(), "\"latin-1\"");
/// let plan = "\"shift_jis\"";
/// assert_eq!(serde_json::from_str::<TextEncoding>(plan).unwrap().to_string(), "shift_jis");
/// assert!(serde_json::from_str::<TextEncoding>("\"utf-7\"").is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum TextEncoding {
    /// ISO-8859-1, whose bytes are the first 256 characters of Unicode.
    Latin1,
    /// Encoding of the Encoding Standard.
    Standard(&'static Encoding),
}

/// Setting of the encoding of all input files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum InputEncoding {
    /// UTF-8, or UTF-16 if a file starts with a byte-order mark of UTF-16.
    #[default]
    Auto,
    /// UTF-8. A byte-order mark of UTF-16 is not decoded.
    Utf8,
    /// Another encoding. A byte-order mark takes precedence over it.
    Other(TextEncoding),
}

/// Names of ISO-8859-1. The Encoding Standard decodes them as windows-1252.
const LATIN_1: [&str; 12] = [
    "latin-1",
    "latin1",
    "iso-8859-1",
    "iso8859-1",
    "iso_8859-1",
    "iso88591",
    "l1",
    "cp819",
    "ibm819",
    "csisolatin1",
    "iso-ir-100",
    "iso_8859-1:1987",
];

/// Names of ASCII, of which UTF-8 is a superset. The Encoding Standard decodes them as windows-1252.
const ASCII: [&str; 3] = ["ascii", "us-ascii", "ansi_x3.4-1968"];

impl TextEncoding {
    /// UTF-16 with the least significant byte first.
    pub const UTF_16LE: Self = Self::Standard(UTF_16LE);
    /// UTF-16 with the most significant byte first.
    pub const UTF_16BE: Self = Self::Standard(UTF_16BE);
}

impl InputEncoding {
    /// Parses the name of an encoding, in upper or lower case; `None` if no encoding has this name.
    ///
    /// ```
    /// use mapreduce_core::InputEncoding::{self, Auto, Other, Utf8};
    /// use mapreduce_core::TextEncoding;
    /// assert_eq!(InputEncoding::parse("auto"), Some(Auto));
    /// assert_eq!(InputEncoding::parse("UTF-8"), Some(Utf8));
    /// assert_eq!(InputEncoding::parse("utf-16"), Some(Other(TextEncoding::UTF_16LE)));
    /// assert_eq!(InputEncoding::parse("iso-8859-1"), Some(Other(TextEncoding::Latin1)));
    /// assert_ne!(InputEncoding::parse("windows-1252"), InputEncoding::parse("latin-1"));
    /// assert_eq!(InputEncoding::parse("utf-7"), None);
    /// ```
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        let other = match name.as_str() {
            "auto" => return Some(Self::Auto),
            "utf16" | "utf16le" | "utf-16-le" => TextEncoding::UTF_16LE,
            "utf16be" | "utf-16-be" => TextEncoding::UTF_16BE,
            name if ASCII.contains(&name) => return Some(Self::Utf8),
            name if LATIN_1.contains(&name) => TextEncoding::Latin1,
            name => {
                let found = Encoding::for_label(name.as_bytes())?;
                // Neither decodes text: the first gives a single U+FFFD, the second private characters.
                if found == REPLACEMENT || found == X_USER_DEFINED {
                    return None;
                }
                if found == UTF_8 {
                    return Some(Self::Utf8);
                }
                TextEncoding::Standard(found)
            }
        };
        Some(Self::Other(other))
    }
}

impl fmt::Display for TextEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latin1 => f.write_str("latin-1"),
            Self::Standard(encoding) => f.write_str(&encoding.name().to_ascii_lowercase()),
        }
    }
}

impl From<TextEncoding> for String {
    fn from(encoding: TextEncoding) -> Self {
        encoding.to_string()
    }
}

impl TryFrom<String> for TextEncoding {
    type Error = UnknownEncoding;

    fn try_from(name: String) -> Result<Self, UnknownEncoding> {
        match InputEncoding::parse(&name) {
            Some(InputEncoding::Other(encoding)) => Ok(encoding),
            _ => Err(UnknownEncoding { name }),
        }
    }
}

/// Error for a plan with an encoding that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown encoding {name:?}; run master and workers of the same version")]
pub struct UnknownEncoding {
    /// Name of the encoding.
    name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_is_read_from_its_own_name() {
        for name in [
            "latin-1",
            "utf-16le",
            "utf-16be",
            "windows-1252",
            "cp1252",
            "shift_jis",
            "SJIS",
            "gbk",
            "gb2312",
            "gb18030",
            "big5",
            "euc-kr",
            "euc-jp",
            "iso-2022-jp",
            "iso-8859-2",
            "latin2",
            "iso-8859-15",
            "koi8-r",
            "ibm866",
            "macintosh",
            "windows-874",
        ] {
            let Some(InputEncoding::Other(encoding)) = InputEncoding::parse(name) else {
                panic!("{name}");
            };
            let saved = serde_json::to_string(&encoding).unwrap();
            assert_eq!(serde_json::from_str(&saved).ok(), Some(encoding), "{saved}");
        }
    }

    #[test]
    fn names_that_decode_no_text_are_unknown() {
        for name in [
            "",
            "utf-32",
            "utf-7",
            "hz-gb-2312",
            "x-user-defined",
            "binary",
            "latin",
        ] {
            assert_eq!(InputEncoding::parse(name), None, "{name}");
        }
        assert_eq!(
            InputEncoding::parse(" US-ASCII "),
            Some(InputEncoding::Utf8)
        );
    }
}

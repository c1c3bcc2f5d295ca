//! Dialects of tables: quotes, escapes, comments and null texts.

use serde::{Deserialize, Serialize};

/// Quotes, escapes, comments and null texts of a table. The default is that of RFC 4180.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dialect {
    /// Character around quoted cells.
    #[serde(skip_serializing_if = "is_default")]
    pub quote: Quote,
    /// Notation of a quote, and of other special characters, as text.
    #[serde(skip_serializing_if = "is_default")]
    pub escape: Escape,
    /// ASCII character at the start of a line that is a comment; `None` if the table has no comments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<u8>,
    /// Texts of unquoted cells that count as missing cells.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nulls: Vec<String>,
}

impl Dialect {
    /// Returns true for the dialect of RFC 4180, which has the fastest readers.
    pub fn is_default(&self) -> bool {
        is_default(self)
    }
}

/// ASCII character around quoted cells; `None` if the table has no quoted cells, so that quotes are text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Quote(pub Option<u8>);

impl Default for Quote {
    fn default() -> Self {
        Self(Some(b'"'))
    }
}

/// Notation of a quote, and of other special characters, as text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Escape {
    /// Two quotes in a quoted cell stand for one.
    #[default]
    Double,
    /// A backslash makes the next character text. Two quotes in a quoted cell stand for one, too.
    Backslash,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_from_the_default_is_serialized() {
        let backslash = Dialect {
            escape: Escape::Backslash,
            ..Dialect::default()
        };
        let all = Dialect {
            quote: Quote(None),
            escape: Escape::Backslash,
            comment: Some(b'#'),
            nulls: vec!["\\N".to_owned()],
        };
        let apostrophe = Dialect {
            quote: Quote(Some(b'\'')),
            ..Dialect::default()
        };
        for (dialect, json) in [
            (Dialect::default(), "{}"),
            (backslash, r#"{"escape":"backslash"}"#),
            (apostrophe, r#"{"quote":39}"#),
            (
                all,
                r#"{"quote":null,"escape":"backslash","comment":35,"nulls":["\\N"]}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&dialect).unwrap(), json);
            assert_eq!(serde_json::from_str::<Dialect>(json).unwrap(), dialect);
        }
    }
}

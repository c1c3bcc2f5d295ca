//! Grammar of one table: its delimiter and its dialect.

use mapreduce_core::{Dialect, Escape};

use super::record::unquote;

/// Delimiter, quote, escape and comment of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grammar {
    /// Delimiter between cells.
    pub(crate) delimiter: u8,
    /// Character around quoted cells; `None` if quotes are text.
    pub(crate) quote: Option<u8>,
    /// True if a backslash makes the next character text.
    pub(crate) backslash: bool,
    /// Character at the start of a comment line.
    pub(crate) comment: Option<u8>,
}

impl Grammar {
    /// Returns the grammar of a table with this delimiter and dialect. All special characters are distinct ASCII
    /// characters, and none is a line end.
    pub fn new(delimiter: u8, dialect: &Dialect) -> Self {
        Self {
            delimiter,
            quote: dialect.quote.0,
            backslash: dialect.escape == Escape::Backslash,
            comment: dialect.comment,
        }
    }

    /// Returns true for the grammar of RFC 4180 with any delimiter, which has faster scans.
    pub(crate) fn is_standard(&self) -> bool {
        *self == Self::from(self.delimiter)
    }

    /// Returns true if a quote precedes the text at index `start` of `record`, so that the cell there is quoted.
    pub(crate) fn is_quoted(&self, record: &[u8], start: usize) -> bool {
        let before = start.checked_sub(1).map(|before| record[before]);
        self.quote.is_some() && before == self.quote
    }

    /// Returns the text of a backslash and `next`, if they stand for one character.
    fn unescape(&self, next: u8) -> Option<u8> {
        if [b'\\', b'\n', b'\r', self.delimiter].contains(&next) {
            return Some(next);
        }
        if [self.quote, self.comment].contains(&Some(next)) {
            return Some(next);
        }
        // Dumps without quotes, such as those of MySQL and PostgreSQL, write control characters as letters.
        match next {
            b'n' if self.quote.is_none() => Some(b'\n'),
            b'r' if self.quote.is_none() => Some(b'\r'),
            b't' if self.quote.is_none() => Some(b'\t'),
            b'0' if self.quote.is_none() => Some(0),
            _ => None,
        }
    }

    /// Appends the text of a cell to `into`. `cell` starts with its opening quote, if it has one.
    pub(crate) fn decode(&self, cell: &[u8], into: &mut Vec<u8>) {
        if self.quote == Some(b'"') && !self.backslash {
            return unquote(cell, into);
        }
        let mut quoted = self.quote.is_some() && cell.first().copied() == self.quote;
        let mut at = usize::from(quoted);
        while let Some(&byte) = cell.get(at) {
            let next = cell.get(at + 1).copied();
            at += 1;
            match next {
                Some(next) if byte == b'\\' && self.backslash => {
                    at += 1;
                    match self.unescape(next) {
                        Some(text) => into.push(text),
                        None => into.extend_from_slice(&[byte, next]),
                    }
                }
                _ if quoted && Some(byte) == self.quote => {
                    if next == self.quote {
                        into.push(byte);
                        at += 1;
                    } else {
                        quoted = false;
                    }
                }
                _ => into.push(byte),
            }
        }
    }
}

/// Grammar of RFC 4180 with the given delimiter.
impl From<u8> for Grammar {
    fn from(delimiter: u8) -> Self {
        Self::new(delimiter, &Dialect::default())
    }
}

#[cfg(test)]
mod tests {
    use mapreduce_core::Quote;

    use super::*;

    fn decoded(quote: Option<u8>, cell: &str) -> String {
        let dialect = Dialect {
            quote: Quote(quote),
            escape: Escape::Backslash,
            comment: Some(b'#'),
            nulls: Vec::new(),
        };
        let mut text = Vec::new();
        Grammar::new(b',', &dialect).decode(cell.as_bytes(), &mut text);
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn a_backslash_makes_special_characters_text_and_stays_before_others() {
        for cell in [r#""a\"b\,c\\d""#, r#"a\"b\,c\\d"#, r#""a""b\,c\\d""#] {
            assert_eq!(decoded(Some(b'"'), cell), r#"a"b,c\d"#, "{cell}");
        }
        assert_eq!(decoded(Some(b'"'), "a\\\nb\\\r\nc"), "a\nb\r\nc");
        assert_eq!(decoded(Some(b'"'), r"\n\t\x\0\N\#"), r"\n\t\x\0\N#");
        assert_eq!(decoded(Some(b'"'), r#""a"\"b"#), r#"a"b"#);
        assert_eq!(decoded(Some(b'\''), r#"'a\'b\"c'"#), r#"a'b\"c"#);
        assert_eq!(
            decoded(None, r#""a\"b\n\t\r\0\x\\n"#),
            "\"a\\\"b\n\t\r\0\\x\\n"
        );
        assert_eq!(decoded(None, "a\\"), "a\\");
        assert_eq!(decoded(None, ""), "");
    }
}

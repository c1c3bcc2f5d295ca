//! Parameters that name a single column.

use mapreduce_core::params::quoted_item;
use serde::Deserialize;

/// Name of a column in a parameter. It may be in quotes, as in a list, so that it can be empty.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub(crate) struct ColumnName(pub(crate) String);

impl From<String> for ColumnName {
    fn from(text: String) -> Self {
        match quoted_item(&text) {
            Some((name, "")) => Self(name),
            _ => Self(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_be_in_quotes() {
        for (text, name) in [
            ("a", "a"),
            ("a, b", "a, b"),
            (r#""a, b""#, "a, b"),
            (r#"" a ""#, " a "),
            (r#""say ""hi""""#, "say \"hi\""),
            (r#""""#, ""),
            (r#"""#, "\""),
            (r#""a",b"#, r#""a",b"#),
        ] {
            assert_eq!(ColumnName::from(text.to_owned()).0, name, "{text}");
        }
    }
}

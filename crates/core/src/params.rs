//! Parameters of a job, given as `--param NAME=VALUE`.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::JobError;

/// Declaration of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param {
    /// Name of the parameter.
    pub name: &'static str,
    /// Default value; `None` if the parameter is required.
    pub default: Option<&'static str>,
    /// One-line description.
    pub help: &'static str,
}

/// Parameter values of a job.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Params(BTreeMap<String, String>);

impl Params {
    /// Returns the text of a parameter, or `None` if it is missing or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }

    /// Sets a parameter.
    pub fn set(&mut self, name: &str, text: String) {
        self.0.insert(name.to_owned(), text);
    }

    /// Returns the text of a required parameter.
    ///
    /// # Errors
    /// Returns a permanent error that names the parameter if it is missing or empty.
    pub fn required(&self, name: &str) -> Result<&str, JobError> {
        self.get(name).ok_or_else(|| {
            JobError::permanent(format!(
                "the parameter {name} is missing; add --param {name}=VALUE"
            ))
        })
    }

    /// Returns the parsed value of a parameter, or `default` if it is missing or empty.
    ///
    /// # Errors
    /// Returns a permanent error that names the parameter if its text cannot be parsed.
    pub fn value<T: FromStr<Err: Display>>(&self, name: &str, default: T) -> Result<T, JobError> {
        match self.get(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|error| {
                let reason = match expected_values::<T>() {
                    Some(expected) => format!("must be {expected}"),
                    None => format!("is invalid: {error}"),
                };
                JobError::permanent(format!("the parameter {name}={text} {reason}"))
            }),
        }
    }

    /// Returns the items of a parameter, as [`split_list`] does. The list is empty if the parameter is missing.
    pub fn list(&self, name: &str) -> Vec<String> {
        split_list(self.get(name).unwrap_or_default())
    }

    /// Returns all names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Returns `true` if no parameter is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Checks that all parameters are `known` and that no required one is missing.
    ///
    /// # Errors
    /// Returns a permanent error that names the unknown or missing parameter. For an unknown parameter it lists the
    /// known ones.
    pub fn check(&self, known: &[Param]) -> Result<(), JobError> {
        for (name, _) in self.iter() {
            if !known.iter().any(|param| param.name == name) {
                let names: Vec<_> = known.iter().map(|param| param.name).collect();
                let names = match names.is_empty() {
                    true => "the job takes no parameters".to_owned(),
                    false => format!("the job takes {}", names.join(", ")),
                };
                return Err(JobError::permanent(format!(
                    "unknown parameter {name}; {names}"
                )));
            }
        }
        for param in known.iter().filter(|param| param.default.is_none()) {
            self.required(param.name)?;
        }
        Ok(())
    }
}

/// Describes the values that the type `T` accepts, or returns `None` if the type's own error is the better message.
///
/// Probing the parser yields clear messages for numbers and booleans. Their own errors, such as "invalid digit found
/// in string", do not name the accepted values.
fn expected_values<T: FromStr>() -> Option<String> {
    let accepts = |text: &str| text.parse::<T>().is_ok();
    if accepts("x") {
        return None;
    }
    let maxima = [
        u64::MAX,
        i64::MAX as u64,
        u32::MAX.into(),
        u16::MAX.into(),
        u8::MAX.into(),
    ];
    let highest = || maxima.into_iter().find(|max| accepts(&max.to_string()));
    match ["true", "0", "1", "-1", "0.5"].map(accepts) {
        [true, false, false, false, false] => Some("true or false".to_owned()),
        [false, true, true, true, true] => Some("a number".to_owned()),
        [false, true, true, true, false] => Some("an integer".to_owned()),
        [false, true, true, false, false] => {
            highest().map(|max| format!("an integer from 0 to {max}"))
        }
        [false, false, true, false, false] => {
            highest().map(|max| format!("an integer from 1 to {max}"))
        }
        _ => None,
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Params {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(given: I) -> Self {
        let given = given
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()));
        Self(given.collect())
    }
}

/// Splits `text` at commas, trims the items and omits empty ones.
///
/// An item in double quotes is taken as it is: it may contain commas and spaces, or be empty. Two quotes in it stand for
/// one.
pub fn split_list(text: &str) -> Vec<String> {
    let (mut items, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        if let Some((item, after)) = quoted_item(rest) {
            items.push(item);
            rest = after;
            continue;
        }
        let (item, after) = rest.split_once(',').unwrap_or((rest, ""));
        if !item.trim().is_empty() {
            items.push(item.trim().to_owned());
        }
        rest = after;
    }
    items
}

/// Returns the quoted item at the start of `text`, and the text after the comma that follows it. Returns `None` if the
/// item is not quoted, or if other text follows its closing quote.
pub fn quoted_item(text: &str) -> Option<(String, &str)> {
    let mut rest = text.trim_start().strip_prefix('"')?;
    let mut item = String::new();
    loop {
        let (part, after) = rest.split_once('"')?;
        item.push_str(part);
        if let Some(more) = after.strip_prefix('"') {
            item.push('"');
            rest = more;
            continue;
        }
        let after = after.trim_start();
        return match after.strip_prefix(',') {
            Some(next) => Some((item, next)),
            None if after.is_empty() => Some((item, "")),
            None => None,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_in_quotes_may_contain_commas_spaces_and_quotes() {
        for (text, expected) in [
            ("", &[][..]),
            (" a , b,,c ", &["a", "b", "c"]),
            ("\"Full, Name\", b", &["Full, Name", "b"]),
            ("a,\" pad \"", &["a", " pad "]),
            ("\"\"", &[""]),
            ("\"say \"\"hi\"\"\" ,x", &["say \"hi\"", "x"]),
            ("5\" disk,b", &["5\" disk", "b"]),
            ("\"a\"b,c", &["\"a\"b", "c"]),
            ("\"open,b", &["\"open", "b"]),
        ] {
            assert_eq!(split_list(text), expected, "{text}");
        }
    }

    const KNOWN: [Param; 2] = [
        Param {
            name: "pattern",
            default: None,
            help: "pattern to search for",
        },
        Param {
            name: "k",
            default: Some("10"),
            help: "number of results",
        },
    ];

    #[test]
    fn errors_name_missing_unknown_and_invalid_parameters() {
        let params: Params = [("pattern", "x"), ("k", "many")].into_iter().collect();
        params.check(&KNOWN).unwrap();
        let error = params.value("k", 10u64).unwrap_err();
        let message = |error: JobError| error.to_string();
        assert_eq!(
            message(error),
            format!(
                "the parameter k=many must be an integer from 0 to {}",
                u64::MAX
            )
        );
        let error = params.value("k", false).unwrap_err();
        assert_eq!(message(error), "the parameter k=many must be true or false");
        let error = params.value("k", 1.5).unwrap_err();
        assert_eq!(message(error), "the parameter k=many must be a number");
        let error = params.value("k", 'c').unwrap_err();
        assert!(message(error).starts_with("the parameter k=many is invalid: "));
        let missing = Params::default().check(&KNOWN).unwrap_err();
        assert!(missing.to_string().contains("--param pattern=VALUE"));
        let other: Params = [("pattern", "x"), ("q", "1")].into_iter().collect();
        let unknown = other.check(&KNOWN).unwrap_err().to_string();
        assert!(unknown.contains("parameter q") && unknown.contains("pattern, k"));
    }
}

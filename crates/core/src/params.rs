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

    /// Returns the comma-separated items of a parameter. The list is empty if the parameter is missing.
    pub fn list(&self, name: &str) -> Vec<String> {
        let text = self.get(name).unwrap_or_default();
        let items = text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty());
        items.map(str::to_owned).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

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

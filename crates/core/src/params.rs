//! A job's parameters, from `--param NAME=VALUE`.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::JobError;

/// A parameter that a job takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param {
    /// Its name.
    pub name: &'static str,
    /// What holds if it is not given; `None` if it must be.
    pub default: Option<&'static str>,
    /// What it means, in a line.
    pub help: &'static str,
}

/// The parameters of a job that were given.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Params(BTreeMap<String, String>);

impl Params {
    /// The text of a parameter, if it was given and is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .get(name)
            .map(String::as_str)
            .filter(|text| !text.is_empty())
    }

    /// The text of a parameter that must be there.
    ///
    /// # Errors
    /// It is not there; the message names it.
    pub fn need(&self, name: &str) -> Result<&str, JobError> {
        self.get(name).ok_or_else(|| {
            JobError::hopeless(format!(
                "the parameter {name} is missing: --param {name}=VALUE"
            ))
        })
    }

    /// The value of a parameter, or `default` if it was not given.
    ///
    /// # Errors
    /// It cannot be read; the message names it.
    pub fn value<T: FromStr<Err: Display>>(&self, name: &str, default: T) -> Result<T, JobError> {
        match self.get(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|error| {
                let must_be = match wanted::<T>() {
                    Some(wanted) => format!("must be {wanted}"),
                    None => format!("cannot be: {error}"),
                };
                JobError::hopeless(format!("the parameter {name}={text} {must_be}"))
            }),
        }
    }

    /// The parts of a parameter between commas; none if it was not given.
    pub fn list(&self, name: &str) -> Vec<String> {
        let text = self.get(name).unwrap_or_default();
        let parts = text
            .split(',')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        parts.map(str::to_owned).collect()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Refuses parameters that are not among `known`, and names what is missing.
    ///
    /// # Errors
    /// The message names the parameter and those there are.
    pub fn check(&self, known: &[Param]) -> Result<(), JobError> {
        for (name, _) in self.iter() {
            if !known.iter().any(|param| param.name == name) {
                let names: Vec<_> = known.iter().map(|param| param.name).collect();
                let names = match names.is_empty() {
                    true => "it takes none".to_owned(),
                    false => format!("there are {}", names.join(", ")),
                };
                return Err(JobError::hopeless(format!(
                    "there is no parameter {name}; {names}"
                )));
            }
        }
        for param in known.iter().filter(|param| param.default.is_none()) {
            self.need(param.name)?;
        }
        Ok(())
    }
}

/// What a parameter of this type must be, in words; `None` of a type that says so best itself. Found out by what the
/// type takes: what the errors of numbers and truth say is of no use to people.
fn wanted<T: FromStr>() -> Option<String> {
    let takes = |text: &str| text.parse::<T>().is_ok();
    if takes("x") {
        return None;
    }
    let greatest = [
        u64::MAX,
        i64::MAX as u64,
        u32::MAX.into(),
        u16::MAX.into(),
        u8::MAX.into(),
    ];
    let greatest = || greatest.into_iter().find(|most| takes(&most.to_string()));
    match ["true", "0", "1", "-1", "0.5"].map(takes) {
        [true, false, false, false, false] => Some("true or false".to_owned()),
        [false, true, true, true, true] => Some("a number".to_owned()),
        [false, true, true, true, false] => Some("an integer".to_owned()),
        [false, true, true, false, false] => {
            greatest().map(|most| format!("an integer from 0 to {most}"))
        }
        [false, false, true, false, false] => {
            greatest().map(|most| format!("an integer from 1 to {most}"))
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
            help: "what to look for",
        },
        Param {
            name: "k",
            default: Some("10"),
            help: "how many",
        },
    ];

    #[test]
    fn what_is_missing_unknown_or_wrong_is_named() {
        let params: Params = [("pattern", "x"), ("k", "many")].into_iter().collect();
        params.check(&KNOWN).unwrap();
        let error = params.value("k", 10u64).unwrap_err();
        let told = |error: JobError| error.to_string();
        assert_eq!(
            told(error),
            format!(
                "the parameter k=many must be an integer from 0 to {}",
                u64::MAX
            )
        );
        let error = params.value("k", false).unwrap_err();
        assert_eq!(told(error), "the parameter k=many must be true or false");
        let error = params.value("k", 1.5).unwrap_err();
        assert_eq!(told(error), "the parameter k=many must be a number");
        let error = params.value("k", 'c').unwrap_err();
        assert!(told(error).starts_with("the parameter k=many cannot be: "));
        let missing = Params::default().check(&KNOWN).unwrap_err();
        assert!(missing.to_string().contains("--param pattern=VALUE"));
        let other: Params = [("pattern", "x"), ("q", "1")].into_iter().collect();
        let unknown = other.check(&KNOWN).unwrap_err().to_string();
        assert!(unknown.contains("parameter q") && unknown.contains("pattern, k"));
    }
}

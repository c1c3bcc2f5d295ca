//! What is looked for.

use memchr::memmem::Finder;
use regex::RegexBuilder as TextBuilder;
use regex::bytes::{Regex, RegexBuilder};

use mapreduce_core::{JobError, Params};

/// A pattern, in the form that is found fastest.
#[derive(Debug)]
pub(super) enum Pattern {
    /// Plain text, without a line end.
    Text(Box<Finder<'static>>),
    /// Anything else.
    Regex(Regex),
}

/// What has a meaning in a regular expression.
const SPECIAL: &str = r"\.+*?()|[]{}^$#&-~";

impl Pattern {
    pub(super) fn of(params: &Params) -> Result<Self, JobError> {
        let text = params.need("pattern")?;
        let ignore_case = params.value("ignore_case", false)?;
        if let (false, Some(plain)) = (ignore_case, plain(text)) {
            return Ok(Self::Text(Box::new(
                Finder::new(plain.as_bytes()).into_owned(),
            )));
        }
        let regex = RegexBuilder::new(text)
            .case_insensitive(ignore_case)
            .build();
        regex.map(Self::Regex).map_err(|error| {
            JobError::hopeless(format!(
                "the parameter pattern={text} is no regular expression: {error}"
            ))
        })
    }

    /// Refuses a pattern that can match a part of a character: counts of such matches have no text to be told by.
    pub(super) fn check_texts(params: &Params) -> Result<(), JobError> {
        let text = params.need("pattern")?;
        let mut builder = TextBuilder::new(text);
        builder.case_insensitive(params.value("ignore_case", false)?);
        builder.build().map(drop).map_err(|_| {
            JobError::hopeless(format!(
                "the parameter pattern={text} can match parts of characters, which output=counts cannot tell; \
                 write it without (?-u), or ask for output=lines"
            ))
        })
    }

    /// Whether it is found in a line.
    #[inline]
    pub(super) fn is_in(&self, line: &[u8]) -> bool {
        match self {
            Self::Text(text) => text.find(line).is_some(),
            Self::Regex(regex) => regex.is_match(line),
        }
    }

    /// Calls `each` with every match in a line, from left to right. Matches of nothing do not count.
    pub(super) fn each(&self, line: &[u8], mut each: impl FnMut(&[u8])) {
        match self {
            Self::Text(text) => text.find_iter(line).for_each(|_| each(text.needle())),
            Self::Regex(regex) => {
                let matches = regex.find_iter(line).map(|found| found.as_bytes());
                matches.filter(|found| !found.is_empty()).for_each(each);
            }
        }
    }
}

/// The text that the pattern stands for, if it is nothing but text: special characters may stand behind a `\`.
fn plain(pattern: &str) -> Option<String> {
    let mut plain = String::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => plain.push(chars.next().filter(|c| SPECIAL.contains(*c))?),
            '\n' => return None,
            '-' | '#' | '&' | '~' | ']' | '}' => plain.push(c),
            c if SPECIAL.contains(c) => return None,
            c => plain.push(c),
        }
    }
    (!plain.is_empty()).then_some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_known_and_means_what_the_regular_expression_does() {
        for text in ["a b", r"1\.5\-\\", "x]y}", "é-&~#"] {
            let plain = plain(text).expect("plain");
            let regex = regex::Regex::new(&format!("^(?:{text})$")).unwrap();
            assert!(regex.is_match(&plain), "{text}: {plain}");
        }
        for text in [
            "a.b", r"\d", "(a)", "a|b", "^a", "a$", "a{2}", "[a]", "a\nb", "", r"a\",
        ] {
            assert_eq!(plain(text), None, "{text}");
        }
    }
}

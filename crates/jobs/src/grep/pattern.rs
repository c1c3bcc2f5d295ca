//! Patterns of the job `grep`.

use memchr::memmem::Finder;
use regex::RegexBuilder as TextBuilder;
use regex::bytes::{Regex, RegexBuilder};

use mapreduce_core::JobError;

use super::params::GrepParams;

/// Pattern in the form that is fastest to search.
#[derive(Debug)]
pub(super) enum Pattern {
    /// Plain text without a newline.
    Text(Box<Finder<'static>>),
    /// Any other pattern.
    Regex(Regex),
}

/// Characters with a special meaning in a regular expression.
const SPECIAL: &str = r"\.+*?()|[]{}^$#&-~";

impl Pattern {
    pub(super) fn of(params: &GrepParams) -> Result<Self, JobError> {
        let text = params.pattern.as_str();
        if let (false, Some(plain)) = (params.ignore_case, plain(text)) {
            return Ok(Self::Text(Box::new(
                Finder::new(plain.as_bytes()).into_owned(),
            )));
        }
        let regex = RegexBuilder::new(text)
            .case_insensitive(params.ignore_case)
            .build();
        regex.map(Self::Regex).map_err(|error| {
            JobError::permanent(format!(
                "the parameter pattern={text} is not a valid regular expression: {error}"
            ))
        })
    }

    /// Rejects a pattern that can match a part of a character. Such a match is not text, so it cannot be a key of the
    /// result.
    pub(super) fn check_whole_characters(params: &GrepParams) -> Result<(), JobError> {
        let text = params.pattern.as_str();
        let mut builder = TextBuilder::new(text);
        builder.case_insensitive(params.ignore_case);
        builder.build().map(drop).map_err(|_| {
            JobError::permanent(format!(
                "the parameter pattern={text} can match parts of characters, which output=counts cannot \
                 write as text; remove (?-u), or set output=lines"
            ))
        })
    }

    /// Returns true if a line contains a match.
    #[inline]
    pub(super) fn is_in(&self, line: &[u8]) -> bool {
        match self {
            Self::Text(text) => text.find(line).is_some(),
            Self::Regex(regex) => regex.is_match(line),
        }
    }

    /// Calls `each` with each match in a line, from left to right. Empty matches are skipped.
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

/// Returns the text that the pattern matches if it is plain text. It may contain special characters after a `\`.
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
    fn plain_text_is_recognized_and_matches_like_the_regular_expression() {
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

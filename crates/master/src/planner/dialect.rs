//! The dialect that the settings request, and conflicts between its characters.

use mapreduce_core::{Delimiter, Dialect, Escape, InputFormat, JobError, Quote};
use settings::Settings;

/// Dialect of tables as the settings request it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestedDialect {
    /// Character around quoted cells; `None` if it is not set.
    pub quote: Option<Quote>,
    /// Notation of a quote as text; `None` if it is not set.
    pub escape: Option<Escape>,
    /// Character at the start of comments; `None` if tables have no comments.
    pub comment: Option<u8>,
    /// Texts of unquoted cells that count as missing.
    pub nulls: Vec<String>,
}

impl RequestedDialect {
    /// Returns the dialect that `settings` request.
    pub(super) fn of(settings: &Settings) -> Self {
        let input = &settings.input;
        Self {
            quote: input.quote,
            escape: input.escape,
            comment: input.comment,
            nulls: input.null.clone(),
        }
    }

    /// Returns the dialect with the default of everything that is not set.
    pub(super) fn or_default(&self) -> Dialect {
        Dialect {
            quote: self.quote.unwrap_or_default(),
            escape: self.escape.unwrap_or_default(),
            comment: self.comment,
            nulls: self.nulls.clone(),
        }
    }
}

/// Refuses dialects in which one character has two meanings.
///
/// # Errors
/// Two of the delimiter, the quote, the escape and the comment are the same character.
pub(super) fn check_dialect(settings: &Settings) -> Result<(), JobError> {
    let input = &settings.input;
    let is_auto = input.delimiter == Some(Delimiter::Auto);
    if is_auto && input.format == InputFormat::KeyValue {
        return Err(JobError::permanent(
            "input.delimiter=auto detects the delimiter of tables, but input.format is keyvalue; name the delimiter",
        ));
    }
    let quote = match input.quote {
        Some(quote) => quote.0.map(|quote| ("input.quote", quote)),
        None if is_auto => None,
        None => Some(("the default of input.quote", b'"')),
    };
    let escape = input.escape == Some(Escape::Backslash);
    let escape = escape.then_some(("input.escape", b'\\'));
    let comment = input.comment.map(|comment| ("input.comment", comment));
    let delimiters = match (input.delimiter, input.format) {
        (Some(Delimiter::Character(character)), _) => vec![("input.delimiter", character)],
        (Some(Delimiter::Auto), _) => Vec::new(),
        (None, InputFormat::Csv) => vec![CSV],
        (None, InputFormat::Tsv) => vec![TSV],
        (None, _) => vec![CSV, TSV],
    };
    let others: Vec<_> = [quote, escape, comment].into_iter().flatten().collect();
    for (nth, (name, character)) in others.iter().enumerate() {
        let mut rest = delimiters.iter().chain(&others[nth + 1..]);
        if let Some((other, _)) = rest.find(|(_, other)| other == character) {
            let shown = char::from(*character);
            return Err(JobError::permanent(format!(
                "{name} and {other} are the same character, {shown:?}; set one of them to another character"
            )));
        }
    }
    Ok(())
}

/// Default delimiter of CSV.
const CSV: (&str, u8) = ("the default delimiter of CSV", b',');
/// Default delimiter of TSV.
const TSV: (&str, u8) = ("the default delimiter of TSV", b'\t');

#[cfg(test)]
mod tests {
    use settings::{Environment, SettingsArgs};

    use super::*;

    fn checked(adapt: impl FnOnce(&mut Settings)) -> String {
        let settings = Settings::read(&SettingsArgs::default(), &Environment::default());
        let mut settings = settings.unwrap();
        adapt(&mut settings);
        check_dialect(&settings).map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn characters_with_two_meanings_are_refused() {
        let character = |character| Some(Delimiter::Character(character));
        for (message, expected) in [
            (checked(|_| ()), ""),
            (
                checked(|all| {
                    all.input.quote = Some(Quote(Some(b'|')));
                    all.input.delimiter = character(b'|');
                }),
                "input.quote and input.delimiter are the same character, '|'; set one",
            ),
            (
                checked(|all| all.input.comment = Some(b'"')),
                "the default of input.quote and input.comment are the same character, '\"'",
            ),
            (
                checked(|all| all.input.comment = Some(b',')),
                "input.comment and the default delimiter of CSV are the same character, ','",
            ),
            (
                checked(|all| {
                    all.input.comment = Some(b',');
                    all.input.format = InputFormat::Tsv;
                }),
                "",
            ),
            (
                checked(|all| {
                    all.input.escape = Some(Escape::Backslash);
                    all.input.delimiter = character(b'\\');
                }),
                "input.escape and input.delimiter are the same",
            ),
            (
                checked(|all| {
                    all.input.delimiter = Some(Delimiter::Auto);
                    all.input.format = InputFormat::KeyValue;
                }),
                "input.delimiter=auto detects",
            ),
        ] {
            let fits = message.contains(expected) && message.is_empty() == expected.is_empty();
            assert!(fits, "{message:?}: {expected}");
        }
    }
}

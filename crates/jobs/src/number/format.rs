//! Separators in the notation of numbers.

use std::borrow::Cow;

use mapreduce_core::JobError;
use serde::Deserialize;

use super::parts::split_sign;
use super::value::Number;

/// Notation of numbers: the separator of decimal places, and that of thousands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NumberFormat {
    decimal: char,
    thousands: Option<ThousandsSeparator>,
}

/// Separator of decimal places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct DecimalSeparator(char);

/// Separator of thousands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) enum ThousandsSeparator {
    Character(char),
    /// A space, which may be a no-break one.
    Space,
}

impl Default for NumberFormat {
    fn default() -> Self {
        Self {
            decimal: '.',
            thousands: None,
        }
    }
}

impl NumberFormat {
    /// Returns the format with the given separators.
    ///
    /// # Errors
    /// Both separators are the same.
    pub(crate) fn new(
        decimal: DecimalSeparator,
        thousands: Option<ThousandsSeparator>,
    ) -> Result<Self, JobError> {
        let DecimalSeparator(decimal) = decimal;
        if thousands.is_some_and(|thousands| thousands.matches(decimal)) {
            return Err(JobError::permanent(format!(
                "the parameters decimal and thousands are both {decimal:?}; set different separators"
            )));
        }
        Ok(Self { decimal, thousands })
    }

    /// Parses the number in a cell, without the white space around it.
    #[inline]
    pub(crate) fn read(&self, cell: &[u8]) -> Option<Number> {
        match self.plain(cell)? {
            Cow::Borrowed(text) => Number::read(text),
            Cow::Owned(text) => Number::read(&text),
        }
    }

    /// Returns the number in a cell with a decimal point and without thousands separators. Returns `None` if the
    /// separators are misplaced. Other text is returned unchanged or changed, and is not a number either.
    #[inline]
    pub(crate) fn plain<'a>(&self, cell: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        if *self == Self::default() {
            return Some(Cow::Borrowed(cell));
        }
        self.translate(cell).map(Cow::Owned)
    }

    fn translate(&self, cell: &[u8]) -> Option<Vec<u8>> {
        let text = cell.trim_ascii();
        let (is_negative, text) = split_sign(text);
        let text = std::str::from_utf8(text).ok()?;
        let (mantissa, exponent) = text.split_at(text.find(['e', 'E']).unwrap_or(text.len()));
        let (whole, fraction) = mantissa.split_once(self.decimal).unwrap_or((mantissa, ""));
        let mut plain = Vec::with_capacity(text.len() + 2);
        if is_negative {
            plain.push(b'-');
        }
        self.put_whole(whole, &mut plain)?;
        plain.push(b'.');
        if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        plain.extend_from_slice(fraction.as_bytes());
        plain.extend_from_slice(exponent.as_bytes());
        Some(plain)
    }

    /// Appends the digits before the decimal separator.
    fn put_whole(&self, whole: &str, plain: &mut Vec<u8>) -> Option<()> {
        let is_separator = |c| self.thousands.is_some_and(|thousands| thousands.matches(c));
        let is_grouped = whole.contains(is_separator);
        for (nth, group) in whole.split(is_separator).enumerate() {
            let is_valid = match (is_grouped, nth) {
                (false, _) => true,
                // A number with a leading zero, such as 0,125, is more likely to have decimal places.
                (true, 0) => (1..=3).contains(&group.len()) && !group.starts_with('0'),
                (true, _) => group.len() == 3,
            };
            if !is_valid || !group.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            plain.extend_from_slice(group.as_bytes());
        }
        Some(())
    }
}

/// Returns the only character of a separator, which cannot be a part of a number otherwise.
fn separator(text: &str) -> Option<char> {
    let mut chars = text.chars();
    let only = chars.next().filter(|_| chars.next().is_none())?;
    let is_valid = !only.is_alphanumeric() && !only.is_control() && !"+-".contains(only);
    is_valid.then_some(only)
}

impl TryFrom<String> for DecimalSeparator {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        let separator = separator(&text).filter(|only| !only.is_whitespace());
        separator
            .map(Self)
            .ok_or("must be one character that is not a letter, a digit, a sign or a space, such as , or .")
    }
}

impl TryFrom<String> for ThousandsSeparator {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        if text == "space" {
            return Ok(Self::Space);
        }
        let separator = separator(&text).map(|only| match only.is_whitespace() {
            true => Self::Space,
            false => Self::Character(only),
        });
        separator.ok_or("must be the word space, or one character that is not a letter, a digit or a sign, such as , or '")
    }
}

impl ThousandsSeparator {
    fn matches(self, c: char) -> bool {
        match self {
            Self::Character(only) => c == only,
            // The no-break spaces of most languages, and the narrow ones of French.
            Self::Space => matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}'),
        }
    }
}

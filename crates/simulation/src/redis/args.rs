//! The arguments of a command, taken one after the other.

use super::reply::{Reply, Step};

/// What is left of the arguments.
#[derive(Debug)]
pub(super) struct Args<'a>(std::slice::Iter<'a, Vec<u8>>);

impl<'a> Args<'a> {
    pub(super) fn new(args: &'a [Vec<u8>]) -> Self {
        Self(args.iter())
    }

    /// Whether none is left.
    pub(super) fn is_empty(&self) -> bool {
        self.0.len() == 0
    }

    /// How many are left.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The next one.
    pub(super) fn next(&mut self) -> Step<&'a [u8]> {
        let next = self.0.next().map(Vec::as_slice);
        next.ok_or_else(|| Reply::err("wrong number of arguments"))
    }

    /// The next one as text.
    pub(super) fn text(&mut self) -> Step<String> {
        self.next()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// The next one as a whole number.
    pub(super) fn int(&mut self) -> Step<i64> {
        let text = self.text()?;
        text.parse()
            .map_err(|_| Reply::err("value is not an integer or out of range"))
    }

    /// Takes the next one if it is this word, in any case of letters.
    pub(super) fn take(&mut self, word: &str) -> bool {
        let mut ahead = self.0.clone();
        let found = ahead
            .next()
            .is_some_and(|next| next.eq_ignore_ascii_case(word.as_bytes()));
        if found {
            self.0 = ahead;
        }
        found
    }

    /// All that are left.
    pub(super) fn rest(&mut self) -> Vec<&'a [u8]> {
        let rest = self.0.by_ref().map(Vec::as_slice);
        rest.collect()
    }
}

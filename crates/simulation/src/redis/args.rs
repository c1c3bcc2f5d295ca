//! Arguments of a command.

use super::reply::{Reply, Step};

/// The remaining arguments of a command.
#[derive(Debug)]
pub(super) struct Args<'a>(std::slice::Iter<'a, Vec<u8>>);

impl<'a> Args<'a> {
    pub(super) fn new(args: &'a [Vec<u8>]) -> Self {
        Self(args.iter())
    }

    /// Returns whether no argument is left.
    pub(super) fn is_empty(&self) -> bool {
        self.0.len() == 0
    }

    /// Number of remaining arguments.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes the next argument.
    pub(super) fn next(&mut self) -> Step<&'a [u8]> {
        let next = self.0.next().map(Vec::as_slice);
        next.ok_or_else(|| Reply::err("wrong number of arguments"))
    }

    /// Takes the next argument as text.
    pub(super) fn text(&mut self) -> Step<String> {
        self.next()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
    }

    /// Takes the next argument as an integer.
    pub(super) fn int(&mut self) -> Step<i64> {
        let text = self.text()?;
        text.parse()
            .map_err(|_| Reply::err("value is not an integer or out of range"))
    }

    /// Takes the next argument if it is this word in upper or lower case. Returns whether it was.
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

    /// Takes all remaining arguments.
    pub(super) fn rest(&mut self) -> Vec<&'a [u8]> {
        let rest = self.0.by_ref().map(Vec::as_slice);
        rest.collect()
    }
}

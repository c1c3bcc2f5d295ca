//! A window that slides over a stream of bytes.

use std::io::{self, Read};

use crate::read_error::ReadError;

/// The bytes of a stream that have been read and not yet consumed.
#[derive(Debug)]
pub(super) struct Window<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Offset in the stream of `buffer[start]`.
    offset: u64,
    at_end: bool,
    limit: u64,
    /// Up to where the buffer was looked through for what is odd: whole characters only.
    checked: usize,
    /// Up to where something odd was found: a NUL, or a byte that is not UTF-8.
    odd: usize,
}

/// Room behind the bytes of a window, so that the last ones can be looked at in blocks too.
const BEHIND: usize = 64;

impl<R: Read> Window<R> {
    /// Reads `block` bytes at once; refuses to hold more than `limit` (a record's greatest length).
    pub(super) fn new(input: R, block: usize, limit: u64) -> Self {
        Self {
            input,
            buffer: vec![0; block.max(1) + BEHIND],
            start: 0,
            end: 0,
            offset: 0,
            at_end: false,
            limit,
            checked: 0,
            odd: 0,
        }
    }

    /// What is there.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// What is there, and behind it whatever bytes.
    #[inline]
    pub(super) fn bytes_and_more(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Whether the stream has nothing behind [`Window::bytes`].
    pub(super) fn at_end(&self) -> bool {
        self.at_end
    }

    /// Offset in the stream of the first byte there.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether all that is there is UTF-8 without a NUL; an unfinished last character does not count.
    pub(super) fn is_plain(&self) -> bool {
        self.odd <= self.start
    }

    /// Refuses a record at `at`, of `len` bytes with its line end, that is over the limit: wherever in a
    /// block it lies, the answer is the same.
    #[inline]
    pub(super) fn admit(&self, at: usize, len: usize) -> Result<(), ReadError> {
        if len as u64 > self.limit {
            return Err(ReadError::TooLong {
                at: self.offset + at as u64,
                limit: self.limit,
            });
        }
        Ok(())
    }

    /// Takes `n` bytes away from the front.
    #[inline]
    pub(super) fn consume(&mut self, n: usize) {
        self.start += n;
        self.offset += n as u64;
    }

    /// Reads more, keeping what is there: the start of a record that is longer than the window.
    pub(super) fn more(&mut self) -> Result<(), ReadError> {
        self.admit(0, self.end - self.start)?;
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
        }
        self.end -= self.start;
        self.checked = self.checked.saturating_sub(self.start);
        self.odd = self.odd.saturating_sub(self.start);
        self.start = 0;
        if self.end + BEHIND == self.buffer.len() {
            self.buffer.resize(self.end * 2 + BEHIND, 0);
        }
        let room = self.buffer.len() - BEHIND;
        loop {
            match self.input.read(&mut self.buffer[self.end..room]) {
                Ok(0) => self.at_end = true,
                Ok(n) => self.end += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            }
            self.check();
            return Ok(());
        }
    }

    /// Looks through what is new.
    fn check(&mut self) {
        let mut from = self.checked;
        loop {
            let new = &self.buffer[from..self.end];
            if memchr::memchr(0, new).is_some() {
                self.odd = self.end;
            }
            let Err(error) = simdutf8::compat::from_utf8(new) else {
                self.checked = self.end;
                return;
            };
            from += error.valid_up_to();
            match error.error_len() {
                Some(len) => {
                    from += len;
                    self.odd = self.end;
                }
                // The rest of the character comes with the next bytes, if there are any.
                None if !self.at_end => {
                    self.checked = from;
                    return;
                }
                None => {
                    (self.odd, self.checked) = (self.end, self.end);
                    return;
                }
            }
        }
    }
}

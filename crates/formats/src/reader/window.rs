//! Sliding window over a stream of bytes.

use std::io::{self, Read};

use crate::read_error::ReadError;

/// Bytes of a stream that are read but not yet consumed.
#[derive(Debug)]
pub(super) struct Window<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Offset of `buffer[start]` in the stream.
    offset: u64,
    at_end: bool,
    limit: u64,
    /// End of the bytes that were checked for UTF-8 and NUL, at a character boundary.
    checked_until: usize,
    /// End of the bytes with a NUL or invalid UTF-8; later bytes are plain.
    irregular_until: usize,
}

/// Length of the padding after the bytes of a window, so that code can read the last bytes in whole blocks.
const PADDING: usize = 64;

impl<R: Read> Window<R> {
    /// Creates a window that reads `block` bytes at once. `limit` is the maximum length of a record.
    pub(super) fn new(input: R, block: usize, limit: u64) -> Self {
        Self {
            input,
            buffer: vec![0; block.max(1) + PADDING],
            start: 0,
            end: 0,
            offset: 0,
            at_end: false,
            limit,
            checked_until: 0,
            irregular_until: 0,
        }
    }

    /// Returns the bytes in the window.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Returns the bytes in the window, followed by padding with arbitrary content.
    #[inline]
    pub(super) fn bytes_with_padding(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Returns true if [`Window::bytes`] reaches the end of the stream.
    pub(super) fn at_end(&self) -> bool {
        self.at_end
    }

    /// Returns the offset of the first byte of the window in the stream.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns true if the window is UTF-8 without NUL, apart from an incomplete last character.
    pub(super) fn is_plain(&self) -> bool {
        self.irregular_until <= self.start
    }

    /// Returns an error if the record at index `at` exceeds the limit. `len` is its length in bytes with its line end.
    ///
    /// The result does not depend on the position of the record in its block.
    #[inline]
    pub(super) fn check_limit(&self, at: usize, len: usize) -> Result<(), ReadError> {
        if len as u64 > self.limit {
            return Err(ReadError::TooLong {
                at: self.offset + at as u64,
                limit: self.limit,
            });
        }
        Ok(())
    }

    /// Removes the first `n` bytes from the window.
    #[inline]
    pub(super) fn consume(&mut self, n: usize) {
        self.start += n;
        self.offset += n as u64;
    }

    /// Reads the next block after the bytes of the window. These are the start of an incomplete record, so the window
    /// grows if they fill it.
    pub(super) fn fill(&mut self) -> Result<(), ReadError> {
        self.check_limit(0, self.end - self.start)?;
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
        }
        self.end -= self.start;
        self.checked_until = self.checked_until.saturating_sub(self.start);
        self.irregular_until = self.irregular_until.saturating_sub(self.start);
        self.start = 0;
        if self.end + PADDING == self.buffer.len() {
            self.buffer.resize(self.end * 2 + PADDING, 0);
        }
        let capacity = self.buffer.len() - PADDING;
        loop {
            match self.input.read(&mut self.buffer[self.end..capacity]) {
                Ok(0) => self.at_end = true,
                Ok(n) => self.end += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            }
            self.check();
            return Ok(());
        }
    }

    /// Checks the new bytes for UTF-8 and NUL.
    fn check(&mut self) {
        let mut from = self.checked_until;
        loop {
            let new = &self.buffer[from..self.end];
            if memchr::memchr(0, new).is_some() {
                self.irregular_until = self.end;
            }
            let Err(error) = simdutf8::compat::from_utf8(new) else {
                self.checked_until = self.end;
                return;
            };
            from += error.valid_up_to();
            match error.error_len() {
                Some(len) => {
                    from += len;
                    self.irregular_until = self.end;
                }
                // The next block contains the rest of the character.
                None if !self.at_end => {
                    self.checked_until = from;
                    return;
                }
                None => {
                    (self.irregular_until, self.checked_until) = (self.end, self.end);
                    return;
                }
            }
        }
    }
}

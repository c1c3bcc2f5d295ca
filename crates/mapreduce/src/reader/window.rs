//! A window that slides over a stream of bytes.

use std::io::{self, Read};

use super::ReadError;

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
}

impl<R: Read> Window<R> {
    /// Reads `block` bytes at once; refuses to hold more than `limit` (a record's greatest length).
    pub(super) fn new(input: R, block: usize, limit: u64) -> Self {
        Self {
            input,
            buffer: vec![0; block.max(1)],
            start: 0,
            end: 0,
            offset: 0,
            at_end: false,
            limit,
        }
    }

    /// What is there.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Whether the stream has nothing behind [`Window::bytes`].
    pub(super) fn at_end(&self) -> bool {
        self.at_end
    }

    /// Offset in the stream of the first byte there.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Refuses a record of `len` bytes at the front, line end included, that is over the limit: wherever
    /// in a block it lies, the answer is the same.
    #[inline]
    pub(super) fn admit(&self, len: usize) -> Result<(), ReadError> {
        if len as u64 > self.limit {
            return Err(ReadError::TooLong {
                at: self.offset,
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

    /// The last `n` bytes taken away; they are there until more is read.
    #[inline]
    pub(super) fn consumed(&self, n: usize) -> &[u8] {
        &self.buffer[self.start - n..self.start]
    }

    /// Reads more, keeping what is there: the record at the front is longer than the window.
    pub(super) fn more(&mut self) -> Result<(), ReadError> {
        self.admit(self.end - self.start)?;
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.end == self.buffer.len() {
            self.buffer.resize(self.end * 2, 0);
        }
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.at_end = true,
                Ok(n) => self.end += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            }
            return Ok(());
        }
    }
}

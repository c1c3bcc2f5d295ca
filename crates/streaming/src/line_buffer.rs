//! Lines in blocks of bytes.

use std::io;

/// Initial size of the buffer, in bytes. The readers of the input use the same size.
const BLOCK: usize = 256 << 10;

/// Buffer of the bytes that are not a complete line yet.
#[derive(Debug)]
pub(crate) struct LineBuffer {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Maximum length of a line, in bytes.
    limit: usize,
}

/// Failure to read lines.
#[derive(Debug)]
pub(crate) enum LineError {
    /// The source failed.
    Io(io::Error),
    /// A line is longer than the limit.
    LineTooLong,
}

impl LineBuffer {
    /// Creates a buffer for lines of at most `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            buffer: vec![0; BLOCK],
            start: 0,
            end: 0,
            limit,
        }
    }

    /// Calls `read` once, and `each` for every line that is complete then, without its newline. Returns the number of
    /// bytes, 0 at the end.
    ///
    /// # Errors
    /// Fails if `read` does, or if a line is too long.
    pub(crate) fn read(
        &mut self,
        read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
        mut each: impl FnMut(&[u8]),
    ) -> Result<usize, LineError> {
        if self.end == self.buffer.len() {
            self.make_space()?;
        }
        let n = read(&mut self.buffer[self.end..]).map_err(LineError::Io)?;
        let (from, end) = (self.end, self.end + n);
        for newline in memchr::memchr_iter(b'\n', &self.buffer[from..end]) {
            each(&self.buffer[self.start..from + newline]);
            self.start = from + newline + 1;
        }
        self.end = end;
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        Ok(n)
    }

    /// Returns the last line if it has no newline, and clears the buffer.
    pub(crate) fn take_rest(&mut self) -> Option<&[u8]> {
        let rest = self.start..self.end;
        (self.start, self.end) = (0, 0);
        (!rest.is_empty()).then(|| &self.buffer[rest])
    }

    fn make_space(&mut self) -> Result<(), LineError> {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        if self.end > self.limit {
            return Err(LineError::LineTooLong);
        }
        // A buffer that stays nearly full would move a long line with every block.
        if self.end > self.buffer.len() / 2 {
            self.buffer.resize(self.buffer.len() * 2, 0);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;

    fn lines(text: &[u8], step: usize) -> Vec<Vec<u8>> {
        let mut buffer = LineBuffer::new(1 << 20);
        let (mut rest, mut found) = (text, Vec::new());
        loop {
            let read = |into: &mut [u8]| {
                let most = step.min(into.len());
                rest.read(&mut into[..most])
            };
            let each = |line: &[u8]| found.push(line.to_vec());
            if buffer.read(read, each).unwrap() == 0 {
                break;
            }
        }
        found.extend(buffer.take_rest().map(<[u8]>::to_vec));
        found
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_the_size_of_reads(
            text in prop::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..200),
            step in 1usize..300,
        ) {
            let mut expected: Vec<_> = text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            if expected.last().is_some_and(Vec::is_empty) {
                expected.pop();
            }
            prop_assert_eq!(lines(&text, step), expected);
        }
    }

    #[test]
    fn long_lines_are_complete_and_too_long_ones_refused() {
        let long = [vec![b'x'; 700_000], b"\ny".to_vec()].concat();
        let found = lines(&long, usize::MAX);
        assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [700_000, 1]);
        let mut buffer = LineBuffer::new(1000);
        let mut endless = io::repeat(b'x');
        let refused = (0..10).any(|_| {
            let read = |into: &mut [u8]| endless.read(into);
            let read = buffer.read(read, |_| panic!("a line"));
            matches!(read, Err(LineError::LineTooLong))
        });
        assert!(refused);
    }
}

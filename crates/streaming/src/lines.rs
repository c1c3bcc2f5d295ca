//! Lines out of blocks of bytes.

use std::io;

/// How much is read at once, in bytes: what the readers of the input use too.
const BLOCK: usize = 256 << 10;

/// What was read and is not a whole line yet.
#[derive(Debug)]
pub(crate) struct Lines {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Longest line, in bytes.
    limit: usize,
}

/// A line that is longer than it may be.
#[derive(Debug)]
pub(crate) struct TooLong;

impl Lines {
    /// Lines of up to `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            buffer: vec![0; BLOCK],
            start: 0,
            end: 0,
            limit,
        }
    }

    /// Reads once from `read`, and hands out the lines that are whole now, without their ends; answers the number
    /// of bytes, 0 at the end.
    ///
    /// # Errors
    /// Those of `read`; the inner error is a line that is too long.
    pub(crate) fn read(
        &mut self,
        read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
        mut each: impl FnMut(&[u8]),
    ) -> io::Result<Result<usize, TooLong>> {
        if self.end == self.buffer.len() && self.make_room().is_err() {
            return Ok(Err(TooLong));
        }
        let n = read(&mut self.buffer[self.end..])?;
        let (from, end) = (self.end, self.end + n);
        for newline in memchr::memchr_iter(b'\n', &self.buffer[from..end]) {
            each(&self.buffer[self.start..from + newline]);
            self.start = from + newline + 1;
        }
        self.end = end;
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        Ok(Ok(n))
    }

    /// The last line, if it has no end.
    pub(crate) fn rest(&mut self) -> Option<&[u8]> {
        let rest = self.start..self.end;
        (self.start, self.end) = (0, 0);
        (!rest.is_empty()).then(|| &self.buffer[rest])
    }

    fn make_room(&mut self) -> Result<(), TooLong> {
        self.buffer.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        if self.end > self.limit {
            return Err(TooLong);
        }
        // A long line is not to be moved with every block.
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

    fn cut(text: &[u8], step: usize) -> Vec<Vec<u8>> {
        let mut lines = Lines::new(1 << 20);
        let (mut rest, mut found) = (text, Vec::new());
        loop {
            let read = |into: &mut [u8]| {
                let most = step.min(into.len());
                rest.read(&mut into[..most])
            };
            if lines
                .read(read, |line| found.push(line.to_vec()))
                .unwrap()
                .unwrap()
                == 0
            {
                break;
            }
        }
        found.extend(lines.rest().map(<[u8]>::to_vec));
        found
    }

    proptest! {
        #[test]
        fn lines_are_the_same_however_they_are_read(
            text in prop::collection::vec(prop_oneof![Just(b'\n'), any::<u8>()], 0..200),
            step in 1usize..300,
        ) {
            let mut whole: Vec<_> = text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
            if whole.last().is_some_and(Vec::is_empty) {
                whole.pop();
            }
            prop_assert_eq!(cut(&text, step), whole);
        }
    }

    #[test]
    fn long_lines_are_whole_and_too_long_ones_refused() {
        let long = [vec![b'x'; 700_000], b"\ny".to_vec()].concat();
        let found = cut(&long, usize::MAX);
        assert_eq!(found.iter().map(Vec::len).collect::<Vec<_>>(), [700_000, 1]);
        let mut lines = Lines::new(1000);
        let mut endless = io::repeat(b'x');
        let refused = (0..10).any(|_| {
            let read = |into: &mut [u8]| endless.read(into);
            lines.read(read, |_| panic!("a line")).unwrap().is_err()
        });
        assert!(refused);
    }
}

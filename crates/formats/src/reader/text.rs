//! Record reader for lines of text.

use std::io::Read;

use memchr::{memchr, memchr_iter, memrchr};

use super::window::Window;
use crate::read_error::ReadError;
use mapreduce_core::Record;

/// Record reader for lines.
///
/// A record is a line without its LF or CR LF; a lone CR is part of the record. The last line may lack a line end.
#[derive(Debug)]
pub(super) struct TextReader<R> {
    window: Window<R>,
    /// Number of the next line; 0 if lines are not counted.
    line: u64,
    /// Increment of `line` for each line: 1, or 0 if lines are not counted. The addition is cheaper than a branch.
    step: u64,
}

impl<R: Read> TextReader<R> {
    /// Creates a reader whose first line has the number `line`; `None` disables counting.
    pub(super) fn new(window: Window<R>, line: Option<u64>) -> Self {
        Self {
            window,
            line: line.unwrap_or(0),
            step: u64::from(line.is_some()),
        }
    }

    /// Reads the next block. Returns true if all bytes of the window are UTF-8 without NUL.
    pub(super) fn read_block(&mut self) -> Result<bool, ReadError> {
        self.window.fill()?;
        Ok(self.window.is_plain())
    }

    /// Calls `each` with the lines that end in the window; returns false after the last line.
    pub(super) fn batch(&mut self, mut each: impl FnMut(Record<'_>)) -> Result<bool, ReadError> {
        let (bytes, text) = (self.window.bytes(), self.window.bytes_with_padding());
        let at_end = self.window.at_end();
        let mut at = 0;
        while at < bytes.len() {
            let newline = memchr(b'\n', &bytes[at..]).map(|newline| at + newline);
            let (end, next) = match newline {
                Some(newline) => {
                    let cr = newline > at && bytes[newline - 1] == b'\r';
                    (newline - usize::from(cr), newline + 1)
                }
                None if at_end => (bytes.len(), bytes.len()),
                None => break,
            };
            self.window.check_limit(at, next - at)?;
            let offset = self.window.offset() + at as u64;
            each(Record::within(text, at..end, offset).with_line(self.line));
            self.line += self.step;
            at = next;
        }
        self.window.consume(at);
        Ok(!at_end)
    }

    /// Returns true if the window is too short for a line over the limit.
    pub(super) fn fits(&self) -> bool {
        self.window
            .check_limit(0, self.window.bytes().len())
            .is_ok()
    }

    /// Calls `each` with the lines that end in the window and contain a match of `find`.
    ///
    /// Returns whether more input follows, and the number of all lines. The caller ensures that no line exceeds the
    /// limit.
    pub(super) fn matching(
        &mut self,
        mut find: impl FnMut(&[u8]) -> Option<usize>,
        mut each: impl FnMut(Record<'_>),
    ) -> (bool, u64) {
        let (bytes, text) = (self.window.bytes(), self.window.bytes_with_padding());
        let at_end = self.window.at_end();
        let end = match memrchr(b'\n', bytes) {
            _ if at_end => bytes.len(),
            newline => newline.map_or(0, |newline| newline + 1),
        };
        let newlines = |of: &[u8]| memchr_iter(b'\n', of).count() as u64;
        let (mut at, mut count) = (0, newlines(&bytes[..end]));
        let all = count + u64::from(end > 0 && bytes[end - 1] != b'\n');
        while let Some(found) = find(&bytes[at..end]).map(|found| at + found) {
            let start = memrchr(b'\n', &bytes[at..found]).map_or(at, |newline| at + newline + 1);
            let stop = memchr(b'\n', &bytes[found..end]).map_or(end, |newline| found + newline);
            let cr = stop < end && stop > start && bytes[stop - 1] == b'\r';
            if self.step > 0 {
                let passed = newlines(&bytes[at..start]);
                self.line += passed;
                count -= passed;
            }
            let offset = self.window.offset() + start as u64;
            let record = Record::within(text, start..stop - usize::from(cr), offset);
            each(record.with_line(self.line));
            if stop == end {
                break;
            }
            self.line += self.step;
            count -= self.step;
            at = stop + 1;
        }
        // Counts the lines after the last match.
        self.line += self.step * count;
        self.window.consume(end);
        (!at_end, all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8], block: usize) -> Vec<Vec<u8>> {
        let mut reader = TextReader::new(Window::new(input, block, 1000), None);
        let mut lines = Vec::new();
        while reader.read_block().is_ok()
            && reader
                .batch(|line| lines.push(line.bytes().to_vec()))
                .unwrap()
        {}
        lines
    }

    #[test]
    fn line_ends_are_removed_and_empty_lines_are_records() {
        for block in 1..12 {
            assert_eq!(
                lines(b"a\r\n\r\n\nb\rc\n\rd\r", block),
                [&b"a"[..], b"", b"", b"b\rc", b"\rd\r"]
            );
            assert!(lines(b"", block).is_empty());
            assert_eq!(lines(b"\nno line end", block), [&b""[..], b"no line end"]);
        }
    }

    #[test]
    fn a_line_over_the_limit_is_refused_at_its_start_with_any_block_size() {
        let input = [&b"short\n"[..], &[b'x'; 999], b"\n", &[b'x'; 1000], b"\n"].concat();
        for block in [1, 64, 5000] {
            let mut reader = TextReader::new(Window::new(&input[..], block, 1000), None);
            let mut lines = Vec::new();
            let error = loop {
                let batch = reader
                    .read_block()
                    .and_then(|_| reader.batch(|line| lines.push(line.bytes().len())));
                match batch {
                    Ok(more) => assert!(more, "the long line was read"),
                    Err(error) => break error,
                }
            };
            assert_eq!(lines, [5, 999]);
            let at_the_line = matches!(
                error,
                ReadError::TooLong {
                    at: 1006,
                    limit: 1000
                }
            );
            assert!(at_the_line, "blocks of {block}: {error:?}");
        }
    }
}

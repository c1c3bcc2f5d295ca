//! Lines of text.

use std::io::Read;

use memchr::memchr;

use super::{ReadError, window::Window};
use crate::tokenizer::Record;

/// A record is a line without its LF or CR LF; a lone CR stays. The last line needs
/// no line end.
#[derive(Debug)]
pub(super) struct TextReader<R> {
    window: Window<R>,
}

impl<R: Read> TextReader<R> {
    pub(super) fn new(window: Window<R>) -> Self {
        Self { window }
    }

    /// Reads on by a block; answers whether all that is there now is UTF-8 without a NUL.
    pub(super) fn read_on(&mut self) -> Result<bool, ReadError> {
        self.window.more()?;
        Ok(self.window.is_plain())
    }

    /// Hands out the lines that end in what is there; `false` behind the last one.
    pub(super) fn batch(&mut self, mut each: impl FnMut(Record<'_>)) -> Result<bool, ReadError> {
        let (bytes, text) = (self.window.bytes(), self.window.bytes_and_more());
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
            self.window.admit(at, next - at)?;
            each(Record::within(
                text,
                at..end,
                self.window.offset() + at as u64,
            ));
            at = next;
        }
        self.window.consume(at);
        Ok(!at_end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8], block: usize) -> Vec<Vec<u8>> {
        let mut reader = TextReader::new(Window::new(input, block, 1000));
        let mut lines = Vec::new();
        while reader.read_on().is_ok()
            && reader
                .batch(|line| lines.push(line.bytes().to_vec()))
                .unwrap()
        {}
        lines
    }

    #[test]
    fn line_ends_are_cut_and_empty_lines_are_records() {
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
    fn a_line_over_the_limit_is_refused_where_it_starts_whatever_the_block() {
        let input = [&b"short\n"[..], &[b'x'; 999], b"\n", &[b'x'; 1000], b"\n"].concat();
        for block in [1, 64, 5000] {
            let mut reader = TextReader::new(Window::new(&input[..], block, 1000));
            let mut lines = Vec::new();
            let error = loop {
                let batch = reader
                    .read_on()
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

//! Lines of text.

use std::io::Read;

use memchr::memchr;

use super::{ReadError, window::Window};

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

    #[inline]
    pub(super) fn next_record(&mut self) -> Result<Option<&[u8]>, ReadError> {
        let Some(len) = self.line()? else {
            return Ok(None);
        };
        self.window.admit(len)?;
        self.window.consume(len);
        let line = self.window.consumed(len);
        let record = line
            .strip_suffix(b"\n")
            .map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
        Ok(Some(record))
    }

    /// Length of the next line with its line end; `None` if there is none.
    #[inline]
    fn line(&mut self) -> Result<Option<usize>, ReadError> {
        let mut searched = 0;
        loop {
            let bytes = self.window.bytes();
            if let Some(at) = memchr(b'\n', &bytes[searched..]) {
                return Ok(Some(searched + at + 1));
            }
            if self.window.at_end() {
                return Ok((!bytes.is_empty()).then_some(bytes.len()));
            }
            searched = bytes.len();
            self.window.more()?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8], block: usize) -> Vec<Vec<u8>> {
        let mut reader = TextReader::new(Window::new(input, block, 1000));
        let mut lines = Vec::new();
        while let Some(line) = reader.next_record().unwrap() {
            lines.push(line.to_vec());
        }
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
            assert_eq!(reader.next_record().unwrap(), Some(&b"short"[..]));
            assert_eq!(reader.next_record().unwrap(), Some(&[b'x'; 999][..]));
            assert!(
                matches!(
                    reader.next_record(),
                    Err(ReadError::TooLong {
                        at: 1006,
                        limit: 1000
                    })
                ),
                "blocks of {block}"
            );
        }
    }
}

//! Record reader for files that are one record each.

use std::io::Read;

use super::window::Window;
use crate::read_error::ReadError;
use mapreduce_core::Record;

/// Record reader whose only record is the whole input, including line ends. Empty input has no record.
#[derive(Debug)]
pub(super) struct WholeReader<R> {
    window: Window<R>,
    /// Line number of the record; 0 if lines are not counted.
    line: u64,
}

impl<R: Read> WholeReader<R> {
    pub(super) fn new(window: Window<R>, line: Option<u64>) -> Self {
        Self {
            window,
            line: line.unwrap_or(0),
        }
    }

    /// Reads the next block. Returns true if all bytes of the window are UTF-8 without NUL.
    pub(super) fn read_block(&mut self) -> Result<bool, ReadError> {
        self.window.fill()?;
        Ok(self.window.is_plain())
    }

    /// Calls `each` with the record once it is complete. Returns `false` after that, otherwise `true`.
    pub(super) fn batch(&mut self, each: &mut dyn FnMut(Record<'_>)) -> Result<bool, ReadError> {
        if !self.window.at_end() {
            return Ok(true);
        }
        let len = self.window.bytes().len();
        self.window.check_limit(0, len)?;
        if len > 0 {
            let text = self.window.bytes_with_padding();
            each(Record::within(text, 0..len, self.window.offset()).with_line(self.line));
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8], block: usize) -> Result<Vec<Vec<u8>>, ReadError> {
        let mut reader = WholeReader::new(Window::new(input, block, 10), None);
        let mut records = Vec::new();
        loop {
            reader.read_block()?;
            if !reader.batch(&mut |record| records.push(record.bytes().to_vec()))? {
                return Ok(records);
            }
        }
    }

    #[test]
    fn a_file_is_one_record_including_its_line_ends() {
        for block in 1..20 {
            assert_eq!(
                read(b"a\n\nb\r\nxyz\n", block).unwrap(),
                [b"a\n\nb\r\nxyz\n"]
            );
            assert!(read(b"", block).unwrap().is_empty());
            let long = read(b"a\n\nb\r\nxyz\n.", block);
            assert!(matches!(long, Err(ReadError::TooLong { at: 0, limit: 10 })));
        }
    }
}

//! Files that are one record each.

use std::io::Read;

use super::window::Window;
use crate::read_error::ReadError;
use mapreduce_core::Record;

/// The record is all there is, its line ends included. Nothing at all is no record.
#[derive(Debug)]
pub(super) struct WholeReader<R> {
    window: Window<R>,
    /// The number of its line, if lines are counted.
    line: u64,
}

impl<R: Read> WholeReader<R> {
    pub(super) fn new(window: Window<R>, line: Option<u64>) -> Self {
        Self {
            window,
            line: line.unwrap_or(0),
        }
    }

    /// Reads on by a block; answers whether all that is there now is UTF-8 without a NUL.
    pub(super) fn read_on(&mut self) -> Result<bool, ReadError> {
        self.window.more()?;
        Ok(self.window.is_plain())
    }

    /// Hands out the record once all of it is there; `false` then.
    pub(super) fn batch(&mut self, each: &mut dyn FnMut(Record<'_>)) -> Result<bool, ReadError> {
        if !self.window.at_end() {
            return Ok(true);
        }
        let len = self.window.bytes().len();
        self.window.admit(0, len)?;
        if len > 0 {
            let text = self.window.bytes_and_more();
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
            reader.read_on()?;
            if !reader.batch(&mut |record| records.push(record.bytes().to_vec()))? {
                return Ok(records);
            }
        }
    }

    #[test]
    fn a_file_is_one_record_with_all_its_line_ends() {
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

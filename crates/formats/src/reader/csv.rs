//! Reader for one column of CSV.

use std::io::Read;

use super::defects::DefectiveRecords;
use super::line_counter::LineCounter;
use super::window::Window;
use crate::csv::{CellRange, CellSink, Scan, scan, unquote};
use crate::read_error::ReadError;
use mapreduce_core::Record;

/// Record reader for one column of CSV.
#[derive(Debug)]
pub(super) struct CsvReader<R> {
    window: Window<R>,
    column: u32,
    width: u32,
    lines: LineCounter,
    /// Text of a cell that differs from the bytes in the file.
    rewritten: Vec<u8>,
}

/// Receiver of the cell of one column of CSV.
#[derive(Debug)]
struct OneCell {
    column: u32,
    cell: Option<CellRange>,
}

impl CellSink for OneCell {
    #[inline]
    fn delimiter(&self) -> u8 {
        b','
    }

    #[inline]
    fn wants(&self, nth: u32) -> bool {
        nth == self.column
    }

    #[inline]
    fn take(&mut self, cell: CellRange) {
        self.cell = Some(cell);
    }
}

impl<R: Read> CsvReader<R> {
    pub(super) fn new(window: Window<R>, column: u32, width: u32, line: Option<u64>) -> Self {
        Self {
            window,
            column,
            width,
            lines: LineCounter::new(line),
            rewritten: Vec::new(),
        }
    }

    /// Reads the next block. Returns true if all bytes of the window are UTF-8 without NUL.
    pub(super) fn read_block(&mut self) -> Result<bool, ReadError> {
        self.window.fill()?;
        Ok(self.window.is_plain())
    }

    /// Calls `each` with the cells of the records that end in the window; returns false after the last record.
    ///
    /// Records that do not have the cells of the header count as `defects`. Records without the column have no cell.
    pub(super) fn batch(
        &mut self,
        defects: &mut DefectiveRecords,
        mut each: impl FnMut(Record<'_>),
    ) -> Result<bool, ReadError> {
        let (bytes, text) = (self.window.bytes(), self.window.bytes_with_padding());
        let at_end = self.window.at_end();
        let mut at = 0;
        while at < bytes.len() {
            let mut sink = OneCell {
                column: self.column,
                cell: None,
            };
            let record = match scan(&bytes[at..], &mut sink, at_end) {
                Scan::Record(record) => record,
                Scan::Incomplete => break,
                Scan::Unclosed { .. } => {
                    let at = self.window.offset() + at as u64;
                    return Err(ReadError::UnclosedQuote { at });
                }
            };
            self.window.check_limit(at, record.len)?;
            let offset = self.window.offset() + at as u64;
            defects.check(&record, self.width, offset);
            let line = self.lines.advance(&bytes[at..at + record.len]);
            match sink.cell {
                Some(CellRange::Plain { start, end }) => {
                    each(Record::within(text, at + start..at + end, offset).with_line(line));
                }
                Some(CellRange::Quoted { start, end }) => {
                    self.rewritten.clear();
                    unquote(&bytes[at + start..at + end], &mut self.rewritten);
                    let all = 0..self.rewritten.len();
                    each(Record::within(&self.rewritten, all, offset).with_line(line));
                }
                None => {}
            }
            at += record.len;
        }
        self.window.consume(at);
        Ok(!at_end)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reader::defects::RecordDefect;

    /// Returns all cells, the defective records, and the error at the end.
    fn read(
        input: &[u8],
        block: usize,
        limit: u64,
        (column, width): (u32, u32),
    ) -> (Vec<Vec<u8>>, DefectiveRecords, Option<ReadError>) {
        let mut reader = CsvReader::new(Window::new(input, block, limit), column, width, None);
        let (mut cells, mut defects) = (Vec::new(), DefectiveRecords::default());
        loop {
            let read = reader.read_block();
            match read
                .and_then(|_| reader.batch(&mut defects, |cell| cells.push(cell.bytes().to_vec())))
            {
                Ok(true) => {}
                Ok(false) => return (cells, defects, None),
                Err(error) => return (cells, defects, Some(error)),
            }
        }
    }

    fn cells(input: &[u8], block: usize, column: u32, width: u32) -> (Vec<String>, u64) {
        let (cells, defects, error) = read(input, block, 1 << 20, (column, width));
        assert!(error.is_none(), "{error:?}");
        let cells = cells
            .into_iter()
            .map(|cell| String::from_utf8(cell).unwrap());
        (cells.collect(), defects.count(RecordDefect::MissingCells))
    }

    fn check(input: &str, column: u32, expected: &[&str]) {
        for block in 1..20 {
            assert_eq!(
                cells(input.as_bytes(), block, column, 1).0,
                expected,
                "{input:?}"
            );
        }
    }

    #[test]
    fn quoted_cells_hold_commas_quotes_and_newlines() {
        check(
            "1,\"a, \"\"b\"\"\r\nc\",x\r\n2,d,y\n",
            1,
            &["a, \"b\"\r\nc", "d"],
        );
        check("\"\"\"\",\"\"\n\"\"\"\"\"\",z", 0, &["\"", "\"\""]);
    }

    #[test]
    fn a_quote_inside_an_unquoted_cell_is_a_character() {
        check("5\" disk,a\nb\"\",c\n", 0, &["5\" disk", "b\"\""]);
        check("\"a\"b\"c,d\n\"e\" \"f\",g\n", 0, &["ab\"c", "e \"f\""]);
    }

    #[test]
    fn empty_cells_are_records_but_empty_lines_are_not() {
        check("\n\r\n,a\n\n,\nb,\n", 0, &["", "", "b"]);
        check("\"\"\n\"\"\r\n", 0, &["", ""]);
    }

    #[test]
    fn line_ends_are_lf_or_cr_lf_and_a_lone_cr_is_a_character() {
        check("a\rb\r\n\"c\r\"\r\nd\r", 0, &["a\rb", "c\r", "d\r"]);
    }

    #[test]
    fn records_with_missing_cells_are_counted_and_keep_the_cell_if_present() {
        assert_eq!(
            cells(b"a,b,c\nd\ne,f\n", 4, 1, 3),
            (vec!["b".into(), "f".into()], 2)
        );
    }

    #[test]
    fn a_record_over_the_limit_is_refused_with_any_block_size() {
        for block in [1, 4, 100] {
            let (cells, _, error) = read(b"\"a\n\",b\n\"a\nc\",b\n", block, 7, (0, 2));
            assert_eq!(cells, [b"a\n"]);
            let named = matches!(error, Some(ReadError::TooLong { at: 7, limit: 7 }));
            assert!(named, "blocks of {block}: {error:?}");
        }
    }

    #[test]
    fn an_unclosed_quote_is_an_error_at_its_record() {
        let (cells, _, error) = read(b"a\nb,\"c\nd", 3, 100, (0, 1));
        assert_eq!(cells, [b"a"]);
        assert!(
            matches!(error, Some(ReadError::UnclosedQuote { at: 2 })),
            "{error:?}"
        );
    }

    proptest! {
        /// The reader returns the cells of any well-formed CSV with any block size.
        #[test]
        fn written_cells_are_read_back(
            rows in proptest::collection::vec(proptest::collection::vec("[a,\"\r\né ]{0,6}", 3), 1..8),
            column in 0usize..3, block in 1usize..40, crlf: bool,
        ) {
            let mut text = String::new();
            for row in &rows {
                let cells: Vec<_> = row.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
                text += &cells.join(",");
                text += if crlf { "\r\n" } else { "\n" };
            }
            let expected: Vec<_> = rows.iter().map(|row| row[column].clone()).collect();
            prop_assert_eq!(cells(text.as_bytes(), block, column as u32, 3), (expected, 0));
        }

        #[test]
        fn the_reader_never_panics(input: Vec<u8>, soup in "[a,\"\r\n]{0,40}", block in 1usize..9) {
            for input in [&input[..], soup.as_bytes()] {
                read(input, block, 1 << 20, (1, 2));
            }
        }
    }
}

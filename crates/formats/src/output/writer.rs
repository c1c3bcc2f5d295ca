//! Writer for sorted rows.

use std::io::{self, Write};

use super::RowLayout;

/// Totals of the written rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ResultTotals {
    /// Number of rows.
    pub keys: u64,
    /// Sum of the counts; for other values, the number of pairs that were reduced to the rows.
    pub total: u64,
}

/// Writer for rows in the order of the calls.
#[derive(Debug)]
pub struct RowWriter<W> {
    out: W,
    layout: RowLayout,
    text: Vec<u8>,
    written: ResultTotals,
}

/// Size of the buffer that triggers a write, in bytes.
const BUFFER: usize = 256 << 10;

impl<W: Write> RowWriter<W> {
    /// Creates a writer to `out`.
    pub fn new(out: W, layout: RowLayout) -> Self {
        let mut text = Vec::with_capacity(BUFFER + (64 << 10));
        layout.begin(&mut text);
        Self {
            out,
            layout,
            text,
            written: ResultTotals::default(),
        }
    }

    /// Writes a key and its count.
    ///
    /// # Errors
    /// The output cannot be written.
    #[inline]
    pub fn push(&mut self, key: &[u8], count: u64) -> io::Result<()> {
        let first = self.written.keys == 0;
        self.layout.count(&mut self.text, key, count, first);
        self.written.total = self.written.total.saturating_add(count);
        self.pushed()
    }

    /// Writes a key and the text of its value.
    ///
    /// # Errors
    /// The output cannot be written.
    #[inline]
    pub fn push_text(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        let first = self.written.keys == 0;
        self.layout.row(&mut self.text, key, value, first);
        self.pushed()
    }

    #[inline]
    fn pushed(&mut self) -> io::Result<()> {
        self.written.keys += 1;
        if self.text.len() >= BUFFER {
            self.out.write_all(&self.text)?;
            self.text.clear();
        }
        Ok(())
    }

    /// Writes the end of the layout and flushes the output.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn finish(self) -> io::Result<ResultTotals> {
        self.into_inner().map(|(_, written)| written)
    }

    /// Finishes like [`RowWriter::finish`], and returns the output too.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn into_inner(mut self) -> io::Result<(W, ResultTotals)> {
        self.layout.end(&mut self.text, self.written.keys == 0);
        self.out.write_all(&self.text)?;
        self.out.flush()?;
        Ok((self.out, self.written))
    }
}

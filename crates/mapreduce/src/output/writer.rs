//! A file of rows that come in order.

use std::io::{self, Write};

use super::OutputFormat;

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Rows.
    pub keys: u64,
    /// Sum of their counts.
    pub total: u64,
}

/// Writes rows as they come.
#[derive(Debug)]
pub struct RowWriter<W> {
    out: W,
    format: OutputFormat,
    text: Vec<u8>,
    written: Written,
}

/// How much text is gathered before it is written, in bytes.
const BUFFER: usize = 256 << 10;

impl<W: Write> RowWriter<W> {
    /// Writes to `out`.
    pub fn new(out: W, format: OutputFormat) -> Self {
        let mut text = Vec::with_capacity(BUFFER + (64 << 10));
        format.begin(&mut text);
        Self {
            out,
            format,
            text,
            written: Written::default(),
        }
    }

    /// Writes a row.
    ///
    /// # Errors
    /// Those of the output.
    #[inline]
    pub fn push(&mut self, key: &[u8], count: u64) -> io::Result<()> {
        self.format
            .row(&mut self.text, key, count, self.written.keys == 0);
        self.written.keys += 1;
        self.written.total = self.written.total.saturating_add(count);
        if self.text.len() >= BUFFER {
            self.out.write_all(&self.text)?;
            self.text.clear();
        }
        Ok(())
    }

    /// Writes what is left.
    ///
    /// # Errors
    /// Those of the output.
    pub fn finish(mut self) -> io::Result<Written> {
        self.format.end(&mut self.text, self.written.keys == 0);
        self.out.write_all(&self.text)?;
        self.out.flush()?;
        Ok(self.written)
    }
}

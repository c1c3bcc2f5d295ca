//! Writer for sorted rows.

use std::io::{self, Write};

use mapreduce_core::{OutputFormat, put_cell};

use super::RowLayout;
use super::parquet_writer::ParquetWriter;

/// Returns true if this program can write Parquet.
pub const fn can_write_parquet() -> bool {
    cfg!(feature = "parquet")
}

/// Totals of the written rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ResultTotals {
    /// Number of rows.
    pub keys: u64,
    /// Sum of the counts; for other values, the number of pairs that were reduced to the rows.
    pub total: u64,
}

/// Writer for rows in the order of the calls.
pub struct RowWriter<W: Write + Send> {
    layout: RowLayout,
    sink: Sink<W>,
    /// Buffer of text, or of the cells of a row.
    buffer: Vec<u8>,
    written: ResultTotals,
}

/// Destination of the rows.
enum Sink<W: Write + Send> {
    Text(W),
    Parquet(Box<ParquetWriter<W>>),
}

/// Size of the buffer that triggers a write, in bytes.
const BUFFER: usize = 256 << 10;

impl<W: Write + Send> RowWriter<W> {
    /// Creates a writer to `out`.
    ///
    /// # Errors
    /// The start of a Parquet file cannot be written, or this program cannot write Parquet.
    pub fn new(out: W, layout: RowLayout) -> io::Result<Self> {
        let mut buffer = Vec::new();
        let sink = if layout.format() == OutputFormat::Parquet {
            let columns = layout.parquet_columns();
            let writer = ParquetWriter::new(out, columns, layout.is_part())?;
            Sink::Parquet(Box::new(writer))
        } else {
            buffer.reserve(BUFFER + (64 << 10));
            layout.begin(&mut buffer);
            Sink::Text(out)
        };
        Ok(Self {
            layout,
            sink,
            buffer,
            written: ResultTotals::default(),
        })
    }

    /// Writes a key and its count.
    ///
    /// # Errors
    /// The output cannot be written.
    #[inline]
    pub fn push(&mut self, key: &[u8], count: u64) -> io::Result<()> {
        self.written.total = self.written.total.saturating_add(count);
        match self.sink {
            Sink::Text(_) => {
                let first = self.written.keys == 0;
                self.layout.count(&mut self.buffer, key, count, first);
                self.pushed()
            }
            Sink::Parquet(_) => self.push_cells(key, count.to_string().as_bytes()),
        }
    }

    /// Writes a key and the text of its value.
    ///
    /// # Errors
    /// The output cannot be written.
    #[inline]
    pub fn push_text(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        match self.sink {
            Sink::Text(_) => {
                let first = self.written.keys == 0;
                self.layout.row(&mut self.buffer, key, value, first);
                self.pushed()
            }
            Sink::Parquet(_) => self.push_cells(key, value),
        }
    }

    #[inline]
    fn pushed(&mut self) -> io::Result<()> {
        self.written.keys += 1;
        if self.buffer.len() >= BUFFER
            && let Sink::Text(out) = &mut self.sink
        {
            out.write_all(&self.buffer)?;
            self.buffer.clear();
        }
        Ok(())
    }

    /// Writes a row to a Parquet file.
    fn push_cells(&mut self, key: &[u8], value: &[u8]) -> io::Result<()> {
        let Sink::Parquet(writer) = &mut self.sink else {
            return Ok(());
        };
        self.written.keys += 1;
        if self.layout.is_table() {
            return writer.push(value);
        }
        self.buffer.clear();
        put_cell(&mut self.buffer, Some(key));
        put_cell(&mut self.buffer, Some(value));
        writer.push(&self.buffer)
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
        let mut out = match self.sink {
            Sink::Text(mut out) => {
                self.layout.end(&mut self.buffer, self.written.keys == 0);
                out.write_all(&self.buffer)?;
                out
            }
            Sink::Parquet(writer) => writer.finish()?,
        };
        out.flush()?;
        Ok((out, self.written))
    }
}

impl<W: Write + Send> std::fmt::Debug for RowWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RowWriter")
            .field("layout", &self.layout)
            .field("written", &self.written)
            .finish_non_exhaustive()
    }
}

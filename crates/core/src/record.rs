//! A record as a reader hands it out.

use std::ops::Range;

/// The range of a field that a record lacks.
pub const ABSENT: Range<usize> = usize::MAX..usize::MAX;

/// A record where it was read: with what lies behind it in memory, so that it can be looked at in
/// blocks of one size, which is faster than to be exact about its end.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// The record and the bytes that follow it in memory.
    pub text: &'a [u8],
    /// Length of the record in bytes.
    pub len: usize,
    at: u64,
    line: u64,
    fields: &'a [Range<usize>],
}

impl<'a> Record<'a> {
    /// The bytes `range` of `text`, a record that starts `at` so many bytes behind the start of its file.
    ///
    /// # Panics
    /// If `range` does not lie in `text`.
    #[inline]
    pub fn within(text: &'a [u8], range: Range<usize>, at: u64) -> Self {
        assert!(range.end <= text.len());
        Self {
            text: &text[range.start..],
            len: range.end - range.start,
            at,
            line: 0,
            fields: &[],
        }
    }

    /// The same record with the ranges of its fields in [`Record::bytes`].
    #[inline]
    pub fn with_fields(self, fields: &'a [Range<usize>]) -> Self {
        Self { fields, ..self }
    }

    /// The same record with the number of its first line.
    #[inline]
    pub fn with_line(self, line: u64) -> Self {
        Self { line, ..self }
    }

    /// The same place with other bytes.
    #[inline]
    pub fn with_bytes<'b>(self, bytes: &'b [u8]) -> Record<'b> {
        Record {
            text: bytes,
            len: bytes.len(),
            at: self.at,
            line: self.line,
            fields: &[],
        }
    }

    /// The bytes `range` of the record, at the same place.
    ///
    /// # Panics
    /// If it has no such bytes.
    #[inline]
    pub fn part(self, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= self.len);
        Self {
            text: &self.text[range.start..],
            len: range.end - range.start,
            fields: &[],
            ..self
        }
    }

    /// The same record in a file that it is part of, `base` bytes further on.
    #[inline]
    pub fn behind(self, base: u64) -> Self {
        Self {
            at: self.at + base,
            ..self
        }
    }

    /// The whole record, UTF-8, without its line end; a whole file keeps its last one. Of several columns or JSON
    /// pointers: the fields with a tab between each two, those it lacks as empty.
    #[inline]
    pub fn bytes(&self) -> &'a [u8] {
        &self.text[..self.len]
    }

    /// As [`Record::bytes`], as text.
    ///
    /// # Panics
    /// If it was made of bytes that are not UTF-8, which no reader does.
    #[inline]
    pub fn text(&self) -> &'a str {
        std::str::from_utf8(self.bytes()).expect("readers hand out UTF-8")
    }

    /// The bytes of a field, by its place among the columns asked for; the record itself is its only field
    /// where it has no columns. `None` if the record lacks it, as records may that are too short, and beyond the
    /// last.
    #[inline]
    pub fn field(&self, at: usize) -> Option<&'a [u8]> {
        if self.fields.is_empty() {
            return (at == 0).then(|| self.bytes());
        }
        let field = self.fields.get(at)?;
        self.text.get(field.start..field.end)
    }

    /// The ranges of the fields in [`Record::bytes`]; none where the record is its only field.
    #[inline]
    pub fn ranges(&self) -> &'a [Range<usize>] {
        self.fields
    }

    /// Number of fields, with those that the record lacks.
    #[inline]
    pub fn fields(&self) -> usize {
        self.fields.len().max(1)
    }

    /// Bytes from the start of its file (after decompression) to its first byte: of a table or of JSON, to that of
    /// the whole row or line. In Parquet, where a row lies in no one place, its number in the file, from 0.
    #[inline]
    pub fn offset(&self) -> u64 {
        self.at
    }

    /// The number of its first line in its file, from 1; `None` unless the job asks for lines
    /// ([`crate::job::Shape::lines`]), and in Parquet, which has none.
    #[inline]
    pub fn line(&self) -> Option<u64> {
        (self.line > 0).then_some(self.line)
    }
}

impl<'a> From<&'a [u8]> for Record<'a> {
    fn from(text: &'a [u8]) -> Self {
        Self {
            text,
            len: text.len(),
            at: 0,
            line: 0,
            fields: &[],
        }
    }
}

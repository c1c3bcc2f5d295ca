//! Input records.

use std::borrow::Cow;
use std::ops::Range;

/// Range of a missing field.
pub const MISSING_FIELD: Range<usize> = usize::MAX..usize::MAX;

/// A record inside the buffer that it was read into.
///
/// The record keeps the bytes that follow it in the buffer. Mappers can then process blocks of a fixed size, which is
/// faster than stopping exactly at the end of the record.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// The record and the bytes that follow it in the buffer.
    pub buffer: &'a [u8],
    /// Length of the record in bytes.
    pub len: usize,
    at: u64,
    line: u64,
    fields: &'a [Range<usize>],
    has_invalid_utf8: bool,
}

impl<'a> Record<'a> {
    /// Returns the record in the bytes `range` of `text`. It starts at offset `at` of its file.
    ///
    /// # Panics
    /// If `range` exceeds `text`.
    #[inline]
    pub fn within(text: &'a [u8], range: Range<usize>, at: u64) -> Self {
        assert!(range.end <= text.len());
        Self {
            buffer: &text[range.start..],
            len: range.end - range.start,
            at,
            line: 0,
            fields: &[],
            has_invalid_utf8: false,
        }
    }

    /// Sets the ranges of the fields in [`Record::bytes`].
    #[inline]
    #[must_use]
    pub fn with_fields(self, fields: &'a [Range<usize>]) -> Self {
        Self { fields, ..self }
    }

    /// Sets the number of the first line.
    #[inline]
    #[must_use]
    pub fn with_line(self, line: u64) -> Self {
        Self { line, ..self }
    }

    /// Marks the record as one with invalid UTF-8. Readers mark such records.
    #[inline]
    #[must_use]
    pub fn with_invalid_utf8(self) -> Self {
        Self {
            has_invalid_utf8: true,
            ..self
        }
    }

    /// Replaces the bytes by valid UTF-8. The offset and line stay; the fields are removed.
    #[inline]
    pub fn with_bytes<'b>(self, bytes: &'b [u8]) -> Record<'b> {
        Record {
            buffer: bytes,
            len: bytes.len(),
            at: self.at,
            line: self.line,
            fields: &[],
            has_invalid_utf8: false,
        }
    }

    /// Returns the bytes `range` of the record as a record with the same offset and line.
    ///
    /// # Panics
    /// If `range` exceeds the record.
    #[inline]
    #[must_use]
    pub fn slice(self, range: Range<usize>) -> Self {
        assert!(range.start <= range.end && range.end <= self.len);
        Self {
            buffer: &self.buffer[range.start..],
            len: range.end - range.start,
            fields: &[],
            ..self
        }
    }

    /// Adds `base` to the offset, for a record that was read from a part of its file.
    #[inline]
    #[must_use]
    pub fn with_base_offset(self, base: u64) -> Self {
        Self {
            at: self.at + base,
            ..self
        }
    }

    /// Returns the bytes of the whole record without its line end, as they are in the input. They are UTF-8 unless
    /// [`Record::has_invalid_utf8`]. A record that is a whole file keeps its last line end.
    ///
    /// If the record has several columns or JSON pointers, these are its fields separated by tabs. Missing fields are
    /// empty.
    #[inline]
    pub fn bytes(&self) -> &'a [u8] {
        &self.buffer[..self.len]
    }

    /// Returns [`Record::bytes`] as text. Each invalid UTF-8 sequence becomes U+FFFD.
    #[inline]
    pub fn text(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.bytes())
    }

    /// Returns true if a reader marked the record as one with invalid UTF-8.
    #[inline]
    pub fn has_invalid_utf8(&self) -> bool {
        self.has_invalid_utf8
    }

    /// Returns the bytes of a field by its index among the requested columns. A record without columns has one field,
    /// the record itself.
    ///
    /// Returns `None` if the record lacks the field, for example because it is too short, or if the index is too large.
    #[inline]
    pub fn field(&self, at: usize) -> Option<&'a [u8]> {
        if self.fields.is_empty() {
            return (at == 0).then(|| self.bytes());
        }
        let field = self.fields.get(at)?;
        self.buffer.get(field.start..field.end)
    }

    /// Returns the ranges of the fields in [`Record::bytes`]. The list is empty if the record is its only field.
    #[inline]
    pub fn field_ranges(&self) -> &'a [Range<usize>] {
        self.fields
    }

    /// Returns the number of fields, including missing ones.
    #[inline]
    pub fn field_count(&self) -> usize {
        self.fields.len().max(1)
    }

    /// Returns the offset of the first byte in the decompressed file. For tables and JSON it is the offset of the whole
    /// row or line. For Parquet it is the row number from 0, because the values of a row do not lie together.
    #[inline]
    pub fn offset(&self) -> u64 {
        self.at
    }

    /// Returns the number of the record's first line in its file, from 1. Returns `None` for Parquet and for jobs that
    /// do not request line numbers ([`Shape::line_numbers`](crate::shape::Shape::line_numbers)).
    #[inline]
    pub fn line(&self) -> Option<u64> {
        (self.line > 0).then_some(self.line)
    }
}

impl<'a> From<&'a [u8]> for Record<'a> {
    fn from(text: &'a [u8]) -> Self {
        Self {
            buffer: text,
            len: text.len(),
            at: 0,
            line: 0,
            fields: &[],
            has_invalid_utf8: false,
        }
    }
}

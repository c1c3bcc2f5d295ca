//! Incomplete and invalid records.

use std::fmt;

use mapreduce_core::Counters;

use crate::csv::Scanned;

/// Reason why a record is incomplete or invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RecordDefect {
    /// A quoted cell continues after its closing quote.
    TextAfterQuote,
    /// A quoted cell continues after its closing quote, which a backslash precedes.
    TextAfterBackslashQuote,
    /// A row has fewer cells than the header.
    MissingCells,
    /// A row has more cells than the header.
    ExtraCells,
    /// A line is not valid JSON.
    InvalidJson,
    /// The value of a line lacks the only selected JSON pointer.
    MissingValue,
    /// The only selected column of a Parquet file is null in a row.
    NullValue,
    /// A record is not valid UTF-8.
    InvalidUtf8,
}

impl RecordDefect {
    /// All defects, in the order of the variants. A quote that ends a cell too early may change the number of cells, so it
    /// comes first.
    const ALL: [Self; 8] = [
        Self::TextAfterQuote,
        Self::TextAfterBackslashQuote,
        Self::MissingCells,
        Self::ExtraCells,
        Self::InvalidJson,
        Self::MissingValue,
        Self::NullValue,
        Self::InvalidUtf8,
    ];
}

impl fmt::Display for RecordDefect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MissingCells => "fewer cells than the header",
            Self::ExtraCells => "more cells than the header",
            Self::TextAfterQuote => "text after the closing quote of a cell",
            Self::TextAfterBackslashQuote => {
                "text after the closing quote of a cell, which a backslash precedes; set input.escape=backslash if it escapes the quote"
            }
            Self::InvalidJson => "not valid JSON",
            Self::MissingValue => "no value at input.pointer",
            Self::NullValue => "null in the selected column",
            Self::InvalidUtf8 => "not valid UTF-8",
        })
    }
}

/// First record of a split with some defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FirstDefect {
    /// Offset of the record in the split, in bytes; in Parquet, the number of its row in the file, from 0.
    pub at: u64,
    /// Defect of the record.
    pub defect: RecordDefect,
    /// Number of records in the split with this defect.
    pub records: u64,
}

/// Count of the records of a split with each defect, and the first of them for messages.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct DefectiveRecords {
    records: [u64; RecordDefect::ALL.len()],
    first: [u64; RecordDefect::ALL.len()],
}

impl DefectiveRecords {
    /// Counts the record at offset `at`.
    #[cold]
    pub(super) fn add(&mut self, at: u64, defect: RecordDefect) {
        let nth = defect as usize;
        if self.records[nth] == 0 {
            self.first[nth] = at;
        }
        self.records[nth] += 1;
    }

    /// Counts the defects of the record at offset `at` in a table of `width` columns.
    #[inline]
    pub(super) fn check(&mut self, record: &Scanned, width: u32, at: u64) {
        if record.cells != width && record.cells > 0 {
            self.add(
                at,
                match record.cells < width {
                    true => RecordDefect::MissingCells,
                    false => RecordDefect::ExtraCells,
                },
            );
        }
        if record.text_after_quote {
            self.add(
                at,
                match record.backslash_quote {
                    true => RecordDefect::TextAfterBackslashQuote,
                    false => RecordDefect::TextAfterQuote,
                },
            );
        }
    }

    /// Returns the first record with each defect that occurs.
    pub(super) fn first(&self) -> impl Iterator<Item = FirstDefect> {
        let all = RecordDefect::ALL.into_iter();
        let first = all.zip(self.first).zip(self.records);
        let first = first.map(|((defect, at), records)| FirstDefect {
            at,
            defect,
            records,
        });
        first.filter(|first| first.records > 0)
    }

    /// Returns the number of records with `defect`.
    pub(super) fn count(&self, defect: RecordDefect) -> u64 {
        self.records[defect as usize]
    }

    /// Sets the counters of defective records.
    pub(super) fn put_into(&self, counters: &mut Counters) {
        counters.short_records = self.count(RecordDefect::MissingCells);
        counters.long_records = self.count(RecordDefect::ExtraCells);
        counters.text_after_quote = self.count(RecordDefect::TextAfterQuote)
            + self.count(RecordDefect::TextAfterBackslashQuote);
        counters.invalid_json = self.count(RecordDefect::InvalidJson);
        counters.missing_values =
            self.count(RecordDefect::MissingValue) + self.count(RecordDefect::NullValue);
    }
}
